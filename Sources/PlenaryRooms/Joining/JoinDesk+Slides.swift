internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import Synchronization

/// Sessions that begin with the presentations of their room (`rooms-api.md` 7.6).
extension JoinDesk {
    /// With files, which are up to 22 MB on their way. With the time to do without and to end what is unsure it is less than
    /// ``RoomSession/patience``.
    static var slidesDeadline: Duration { .seconds(30) }

    /// Creates the meeting, without its slides where the host does not take it with them: what stands before a server may take no
    /// more than 1 MB (`bbb-api.md` 1.6), and a session without slides is better than none. Only then a failure says something of
    /// the host.
    func create(
        _ parameters: Parameters, _ document: OutgoingCall.Body?, reserving reservation: ReservationRequest?,
        at host: any MeetingHost, _ provider: String
    ) async throws(HostFault) -> HostedMeeting {
        if let document {
            do throws(HostFault) {
                return try await host.create(
                    parameters, document: document, reserving: reservation, deadline: Self.slidesDeadline)
            } catch {
                switch error {
                case .tooManyMeetings, .noConnections: throw error
                case .refused(let key) where key == .permissionDenied: throw error
                case .refused, .silent, .late, .unreadable: JoinLog.slidesFailed(at: provider)
                }
            }
        }
        return try await host.create(
            parameters, document: nil, reserving: reservation, deadline: Self.createDeadline)
    }

    /// - Parameter size: octets of files.
    /// - Returns: whether there was room; then ``giveBack(slides:)`` follows.
    func take(slides size: Int) -> Bool {
        state.withLock { state in
            // One room has its way, however much that is.
            guard size == 0 || state.slides == 0 || state.slides + size <= JoinDeskState.mostSlides else {
                return false
            }
            state.slides += size
            return true
        }
    }

    func giveBack(slides size: Int) { state.withLock { $0.slides -= size } }
}
