package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

/// A recording of a room, and where it is.
package struct RoomRecording: Sendable {
    package let room: Room
    /// The public id of the provider that has it.
    package let provider: String
    package let entry: RecordingsReply.Entry
    /// After a change that its provider carries out in its own time; `nil`: what it last said.
    package var changedState: String?

    package var state: String { changedState ?? entry.state }

    /// Names it in the API: the room's id, then the provider's own.
    package var id: String { "\(room.identity.id)-\(entry.recordID.rawValue)" }

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

/// Recordings of rooms stay where their sessions were held: providers are asked (`rooms-api.md` 7.6).
extension JoinDesk {
    static var recordingsDeadline: Duration { .seconds(15) }

    /// The recordings of a room, newest first, of all providers that ever held a session of it.
    ///
    /// - Throws: 503 `provider_unavailable`, 504 `provider_timeout` or 502 `provider_error` when one of them does not tell: what is missing would count as deleted. A provider
    ///   that was deleted is not asked, and its recordings are its own.
    package func recordings(of room: Room) async throws -> [RoomRecording] {
        try await recordings(of: room, only: nil)
    }

    /// A recording of a room by the provider's id: only where it is one of that room's.
    ///
    /// - Throws: as ``recordings(of:)`` when it was not found, and a provider or a server that may have it does not tell.
    package func recording(_ id: RecordID, of room: Room) async throws -> RoomRecording? {
        try await recordings(of: room, only: id).first
    }

    private func recordings(of room: Room, only id: RecordID?) async throws -> [RoomRecording] {
        guard let meeting = MeetingID(rawValue: room.identity.uuid) else { return [] }
        let hosts = try await hosts(of: room)
        // All at once: who is slow makes nobody wait twice.
        let found = try await withThrowingTaskGroup(of: [RoomRecording].self) { group in
            for (provider, host) in hosts {
                group.addTask {
                    let entries: [RecordingsReply.Entry]
                    do throws(HostFault) {
                        entries = try await host.recordings(of: meeting, only: id, deadline: Self.recordingsDeadline)
                    } catch { throw Self.problem(of: error) }
                    return entries.map { RoomRecording(room: room, provider: provider, entry: $0) }
                }
            }
            var found: [RoomRecording] = []
            for try await some in group { found += some }
            return found
        }
        return found.sorted { left, right in
            left.entry.startTime == right.entry.startTime
                ? left.entry.recordID < right.entry.recordID : left.entry.startTime > right.entry.startTime
        }
    }

    /// Shows a recording to everybody who has its address, or to nobody.
    ///
    /// - Returns: `nil` when it was deleted meanwhile.
    package func publish(_ recording: RoomRecording, _ isPublished: Bool) async throws -> RoomRecording? {
        guard let host = try await host(of: recording) else { return nil }
        do throws(HostFault) {
            guard
                try await host.publish(recording.entry.recordID, isPublished, deadline: Self.recordingsDeadline)
            else { return nil }
        } catch { throw Self.problem(of: error) }
        try await store.noteRecording(
            isPublished ? .recordingPublished : .recordingUnpublished, recording.entry.recordID.rawValue,
            of: recording.room.number, at: recording.provider, now: platform.time.now())
        var changed = recording
        changed.changedState = isPublished ? "published" : "unpublished"
        return changed
    }

    /// - Returns: whether it was there.
    package func delete(_ recording: RoomRecording) async throws -> Bool {
        guard let host = try await host(of: recording) else { return false }
        do throws(HostFault) {
            guard try await host.delete(recording.entry.recordID, deadline: Self.recordingsDeadline) else {
                return false
            }
        } catch { throw Self.problem(of: error) }
        try await store.noteRecording(
            .recordingDeleted, recording.entry.recordID.rawValue, of: recording.room.number,
            at: recording.provider, now: platform.time.now())
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

    private func host(of recording: RoomRecording) async throws -> (any MeetingHost)? {
        guard let provider = ResourceReference(recording.provider) else { return nil }
        return try await host(provider, recording.room)
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
