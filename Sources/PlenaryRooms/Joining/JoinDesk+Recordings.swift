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
    /// - Throws: 503 `provider_unavailable` when one of them does not tell: what is missing would count as deleted. A provider
    ///   that was deleted is not asked, and its recordings are its own.
    package func recordings(of room: Room) async throws -> [RoomRecording] {
        guard let meeting = MeetingID(rawValue: room.identity.uuid) else { return [] }
        var found: [RoomRecording] = []
        for (provider, host) in try await hosts(of: room) {
            let entries: [RecordingsReply.Entry]
            do throws(HostFault) {
                entries = try await host.recordings(of: meeting, deadline: Self.recordingsDeadline)
            } catch { throw Self.unavailable }
            found += entries.map { RoomRecording(room: room, provider: provider, entry: $0) }
        }
        return found.sorted { left, right in
            left.entry.startTime == right.entry.startTime
                ? left.entry.recordID < right.entry.recordID : left.entry.startTime > right.entry.startTime
        }
    }

    /// A recording of a room by the provider's id: only where it is one of that room's.
    package func recording(_ id: RecordID, of room: Room) async throws -> RoomRecording? {
        try await recordings(of: room).first { $0.entry.recordID == id }
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
        } catch { throw Self.unavailable }
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
        } catch { throw Self.unavailable }
        try await store.tellRecordingDeleted(
            recording.id, called: recording.entry.recordID, of: recording.room, at: recording.provider,
            now: platform.time.now())
        return true
    }

    private func host(of recording: RoomRecording) async throws -> (any MeetingHost)? {
        guard let provider = ResourceReference(recording.provider) else { return nil }
        return try await host(provider, recording.room)
    }

    /// The providers that held sessions of a room and are still there.
    private func hosts(of room: Room) async throws -> [(provider: String, host: any MeetingHost)] {
        let sessions = try await store.sessions(of: room.number, limit: RoomSessionResource.most)
        var hosts: [(provider: String, host: any MeetingHost)] = []
        for id in Set(sessions.compactMap { $0.provider?.id }).sorted() {
            guard let reference = ResourceReference(id), let host = try await host(reference, room) else { continue }
            hosts.append((provider: id, host: host))
        }
        return hosts
    }

    private static var unavailable: Problem { Problem.unavailable(.providerUnavailable, retryAfter: .seconds(10)) }
}
