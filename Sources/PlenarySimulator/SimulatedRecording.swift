package import BigBlueButton

/// A recording as a server keeps it: what was one session of a meeting, in one or more formats (`bbb-api.md` 6.1).
package struct SimulatedRecording: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// The meeting is over; its media are being worked on.
        case processing
        case processed
        case published
        case unpublished
        /// Its files are gone, what is known of it is kept.
        case deleted
    }

    /// A picture of a slide, in lists of recordings.
    package struct Image: Sendable, Hashable {
        /// Absolute, or a path on the server.
        package var url: String
        package var width: Int
        package var height: Int
        package var alt: String

        package init(url: String, width: Int = 176, height: Int = 136, alt: String) {
            self.url = url
            self.width = width
            self.height = height
            self.alt = alt
        }
    }

    /// One way to look at a recording.
    package struct Format: Sendable, Hashable {
        /// `presentation`, `video`, `podcast` and so on.
        package var type: String
        /// Absolute, or a path on the server.
        package var url: String
        /// In milliseconds.
        package var processingTime: Int
        /// In whole minutes.
        package var length: Int
        /// In octets; zero: unknown.
        package var size: Int
        package var images: [Image]

        package init(
            type: String, url: String, processingTime: Int = 7_177, length: Int = 0, size: Int = 0, images: [Image] = []
        ) {
            self.type = type
            self.url = url
            self.processingTime = processingTime
            self.length = length
            self.size = size
            self.images = images
        }
    }

    /// Words to what is said (`bbb-api.md` 6.5).
    package struct TextTrack: Sendable, Hashable {
        /// `subtitles` or `captions`.
        package var kind: String
        /// A language tag, with a hyphen.
        package var lang: String
        package var label: String
        /// `upload`, `automatic` or `live`.
        package var source: String
        /// The file as it came.
        package var octets: [UInt8]

        package init(kind: String, lang: String, label: String, source: String = "upload", octets: [UInt8] = []) {
            self.kind = kind
            self.lang = lang
            self.label = label
            self.source = source
            self.octets = octets
        }
    }

    /// What only the recording of a breakout room has.
    package struct Breakout: Sendable, Hashable {
        package var parentID: InternalMeetingID
        package var sequence: Int
        package var freeJoin: Bool

        package init(parentID: InternalMeetingID, sequence: Int, freeJoin: Bool = false) {
            self.parentID = parentID
            self.sequence = sequence
            self.freeJoin = freeJoin
        }
    }

    /// The internal id of the session that was recorded.
    package let recordID: String
    /// The front-end's id.
    package let meetingID: String
    package var internalMeetingID: String { recordID }
    package var name: String
    package var state: State
    package var startTime: WireTime
    package var endTime: WireTime
    package var participants: Int
    /// Octets before processing; zero: unknown.
    package var rawSize: Int
    /// In the order in which they are told. Names keep their letter case here, unlike those of a meeting.
    package var metadata: [Parameters.Parameter]
    package var formats: [Format]
    package var tracks: [TextTrack]
    package var breakout: Breakout?
    /// The sessions of its breakout rooms.
    package var breakoutRooms: [InternalMeetingID]

    package init(
        recordID: String, meetingID: String, name: String, state: State = .published, startTime: WireTime,
        endTime: WireTime, participants: Int = 0, rawSize: Int = 0, metadata: [Parameters.Parameter] = [],
        formats: [Format] = [], tracks: [TextTrack] = [], breakout: Breakout? = nil,
        breakoutRooms: [InternalMeetingID] = []
    ) {
        self.recordID = recordID
        self.meetingID = meetingID
        self.name = name
        self.state = state
        self.startTime = startTime
        self.endTime = endTime
        self.participants = participants
        self.rawSize = rawSize
        self.metadata = metadata
        self.formats = formats
        self.tracks = tracks
        self.breakout = breakout
        self.breakoutRooms = breakoutRooms
    }

    package var isBreakout: Bool { breakout != nil }

    /// People can be shown it, or could be: those are the recordings that calls act on.
    var isFinished: Bool { state == .published || state == .unpublished }

    /// What the scripts of a server make of a recording; `bbb-api.md` 14.30 has the paths.
    func format(_ type: String) -> Format {
        let isPresentation = type == "presentation"
        let images = (1...2).map { Image(url: "/presentation/\(recordID)/thumbnails/thumb-\($0).png", alt: name) }
        return Format(
            type: type, url: isPresentation ? "/playback/presentation/2.3/\(recordID)" : "/\(type)/\(recordID)/",
            length: Int((endTime.milliseconds - startTime.milliseconds) / 60_000),
            size: isPresentation ? 987_654 : 1_234_567, images: isPresentation ? images : [])
    }
}

extension SimulatedRecording {
    /// What a recorded meeting leaves behind when it ends. BigBlueButton adds three names of its own to the metadata.
    ///
    /// - Parameter breakoutRooms: the sessions of those that were recorded too.
    init(of meeting: SimulatedMeeting, breakoutRooms: [InternalMeetingID], endedAt: WireTime) {
        let own = [
            Parameters.Parameter(name: "meetingId", value: meeting.id.rawValue),
            Parameters.Parameter(name: "meetingName", value: meeting.name),
            Parameters.Parameter(name: "isBreakout", value: meeting.isBreakout ? "true" : "false"),
        ]
        self.init(
            recordID: meeting.internalID.rawValue, meetingID: meeting.id.rawValue, name: meeting.name,
            state: .processing, startTime: meeting.createTime, endTime: endedAt,
            participants: meeting.visitors.count, metadata: meeting.metadata + own,
            breakout: meeting.parentID.map {
                Breakout(
                    parentID: $0, sequence: meeting.integer("sequence") ?? 0, freeJoin: meeting.isTrue("freeJoin"))
            },
            breakoutRooms: breakoutRooms)
    }
}
