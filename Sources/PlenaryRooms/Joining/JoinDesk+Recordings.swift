package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

/// A recording of a room, and where it is.
package struct RoomRecording: Sendable {
    package let place: RecordingPlace
    /// As its provider told it; after a change that it carries out in its own time, with the new state.
    package var facts: RecordingFacts

    package init(place: RecordingPlace, facts: RecordingFacts) {
        self.place = place
        self.facts = facts
    }

    package init(_ known: CataloguedRecording) { self.init(place: known.place, facts: known.facts) }

    /// Names it in the API: the room's id, then the provider's own.
    package var id: String { place.id(of: facts.recordID) }

    /// The parts of such an id.
    ///
    /// - Returns: `nil` for what is none.
    package static func parts(of id: String) -> (room: ResourceReference, recording: RecordID)? {
        let parts = id.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 2, let room = ResourceReference(parts[0]), case .id = room,
            let recording = RecordID(rawValue: parts[1]), !parts[1].contains(",")
        else { return nil }
        return (room, recording)
    }
}

extension RecordingFacts {
    /// What a provider tells of a recording.
    init(_ entry: RecordingsReply.Entry) {
        let formats = entry.formats.map { format in
            JSON.object([
                .init("type", .text(format.type)), .init("url", JSON(format.element.text(of: "url"))),
                .init("length_minutes", JSON(Self.number(format.element, "length"))),
                .init("size_bytes", JSON(Self.number(format.element, "size"))),
            ])
        }
        let sizes = entry.formats.compactMap { Self.number($0.element, "size") }
        let whole = Self.number(entry.element, "size").flatMap { $0 > 0 ? $0 : nil }
        let startedAt = entry.startTime.milliseconds > 0 ? entry.startTime : nil
        // A Scalelite writes 0 for an end that it does not know; days counted from there would all be over.
        let earliestEnd = startedAt ?? WireTime(milliseconds: 1)
        let endedAt = entry.element.text(of: "endTime").flatMap { WireTime(text: $0) }.flatMap {
            $0 >= earliestEnd ? $0 : nil
        }
        self.init(
            recordID: entry.recordID.rawValue, internalID: entry.internalMeetingID?.rawValue, name: entry.name,
            state: entry.state, participants: Self.number(entry.element, "participants"),
            // Older servers tell it of the formats only.
            size: whole ?? (sizes.isEmpty ? nil : sizes.reduce(0) { min($0 + $1, Self.largest) }),
            formats: .list(formats), startedAt: startedAt, endedAt: endedAt)
    }

    /// Octets that are believed of one recording, 1 TB: whatever is made up, they can be added.
    private static var largest: Int { 1_000_000_000_000 }

    /// Unknown is not 0, and nothing is less.
    private static func number(_ element: XMLElement, _ name: String) -> Int? {
        element.text(of: name).flatMap { Int($0) }.flatMap { $0 >= 0 ? min($0, largest) : nil }
    }
}

/// Recordings of rooms stay where their sessions were held: providers are asked (`rooms-api.md` 7.6).
extension JoinDesk {
    static var recordingsDeadline: Duration { .seconds(15) }

    /// The recordings of a room, newest first, of all providers that ever held a session of it.
    ///
    /// - Throws: 503 `provider_unavailable`, 504 `provider_timeout` or 502 `provider_error` when one of them does not tell: what is
    ///   missing would count as deleted. A provider that was deleted is not asked, and its recordings are its own.
    package func recordings(of room: Room) async throws -> [RoomRecording] {
        try await recordings(of: room, only: nil)
    }

    /// A recording of a room by the provider's id: only where it is one of that room's.
    ///
    /// - Throws: as ``recordings(of:)`` when it was not found, and a provider or a server that may have it does not tell.
    package func recording(_ id: RecordID, of room: Room) async throws -> RoomRecording? {
        try await recordings(of: room, only: id).first
    }

    /// A recording that a deleted room left to its account.
    ///
    /// - Parameter known: as it is in the catalogue.
    /// - Returns: `nil` when its provider does not have it any more, or was deleted.
    /// - Throws: as ``recordings(of:)``.
    package func recording(_ known: CataloguedRecording) async throws -> RoomRecording? {
        guard let id = RecordID(rawValue: known.facts.recordID), let host = try await host(of: known.place) else {
            return nil
        }
        return try await ask(host, known.place, only: id).first
    }

    private func recordings(of room: Room, only id: RecordID?) async throws -> [RoomRecording] {
        let hosts = try await hosts(of: room)
        // All at once: who is slow makes nobody wait twice.
        let found = try await withThrowingTaskGroup(of: [RoomRecording].self) { group in
            for (provider, host) in hosts {
                let place = RecordingPlace(of: room, at: provider)
                group.addTask { try await self.ask(host, place, only: id) }
            }
            var found: [RoomRecording] = []
            for try await some in group { found += some }
            return found
        }
        return found.sorted { left, right in
            let (leftStart, rightStart) = (left.facts.startedAt?.milliseconds, right.facts.startedAt?.milliseconds)
            if leftStart != rightStart { return (leftStart ?? 0) > (rightStart ?? 0) }
            return left.facts.recordID.utf8.lexicographicallyPrecedes(right.facts.recordID.utf8)
        }
    }

    /// What one provider has of a room; the catalogue learns of it by the way.
    private func ask(_ host: any MeetingHost, _ place: RecordingPlace, only id: RecordID?) async throws
        -> [RoomRecording]
    {
        guard let meeting = MeetingID(rawValue: place.meetingID) else { return [] }
        let askedAt = platform.time.now()
        let entries: [RecordingsReply.Entry]
        do throws(HostFault) {
            entries = try await host.recordings(of: meeting, only: id, deadline: Self.recordingsDeadline)
        } catch { throw Self.problem(of: error) }
        let seen = entries.map { RecordingFacts($0) }
        // Who asked gets an answer, whether it could be written down or not.
        do { try await note(seen, at: place, isAll: id == nil, askedAt: askedAt) } catch { JoinLog.catalogue(error) }
        return seen.map { RoomRecording(place: place, facts: $0) }
    }

    /// Shows a recording to everybody who has its address, or to nobody.
    ///
    /// - Returns: `nil` when it was deleted meanwhile.
    package func publish(_ recording: RoomRecording, _ isPublished: Bool) async throws -> RoomRecording? {
        guard let host = try await host(of: recording.place), let id = RecordID(rawValue: recording.facts.recordID)
        else { return nil }
        do throws(HostFault) {
            guard try await host.publish(id, isPublished, deadline: Self.recordingsDeadline) else { return nil }
        } catch { throw Self.problem(of: error) }
        try await store.noteRecording(
            isPublished ? .recordingPublished : .recordingUnpublished, recording.facts.recordID, at: recording.place,
            now: platform.time.now())
        var changed = recording
        changed.facts.state = isPublished ? "published" : "unpublished"
        return changed
    }

    /// - Returns: whether it was there.
    package func delete(_ recording: RoomRecording) async throws -> Bool {
        guard let host = try await host(of: recording.place), let id = RecordID(rawValue: recording.facts.recordID)
        else { return false }
        do throws(HostFault) {
            guard try await host.delete(id, deadline: Self.recordingsDeadline) else { return false }
        } catch { throw Self.problem(of: error) }
        try await store.noteRecording(
            .recordingDeleted, recording.facts.recordID, at: recording.place, now: platform.time.now())
        return true
    }

    /// Deletes all recordings of a room that is about to be deleted.
    ///
    /// - Throws: as ``recordings(of:)`` when one may be left that nobody sees.
    package func deleteRecordings(of room: Room) async throws {
        let sessions = try await store.sessions(of: room.number, limit: RoomSessionResource.most)
        // Most rooms never record: then nobody need be there.
        guard sessions.contains(where: { $0.used.allows(.recording) }) else { return }
        // A second time, since a fleet tells of some while a server that has others is away, but never that there are none.
        for _ in 0..<2 {
            let all = try await recordings(of: room)
            if all.isEmpty { return }
            for recording in all { _ = try await delete(recording) }
        }
    }

    /// - Returns: `nil` when the provider was deleted.
    func host(of place: RecordingPlace) async throws -> (any MeetingHost)? {
        guard let provider = ResourceReference(place.provider) else { return nil }
        return try await host(provider, of: place.account)
    }

    /// The providers that held sessions of a room and are still there.
    private func hosts(of room: Room) async throws -> [(provider: String, host: any MeetingHost)] {
        var hosts: [(provider: String, host: any MeetingHost)] = []
        for id in try await store.sessionProviders(of: room.number) {
            guard let reference = ResourceReference(id), let host = try await host(reference, room) else { continue }
            hosts.append((provider: id, host: host))
        }
        return hosts
    }

    /// Where nobody else can be asked, it is told what became of the one that was (17).
    private static func problem(of fault: HostFault) -> Problem {
        switch fault {
        case .late: Problem(.providerTimeout)
        case .unreadable, .refused: Problem(.providerError)
        case .silent, .noConnections, .tooManyMeetings:
            Problem.unavailable(.providerUnavailable, retryAfter: .seconds(10))
        }
    }
}
