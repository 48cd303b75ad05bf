/// A value that holds checksums, passwords or names: however it is printed, it tells its type and no more.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    public var description: String { "\(Self.self)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Call: Redacted {}
extension Parameters: Redacted {}
extension CreateRequest: Redacted {}
extension JoinRequest: Redacted {}
extension MeetingRequest: Redacted {}
extension Reply: Redacted {}
extension CreateReply: Redacted {}
extension MeetingSnapshot: Redacted {}
extension MeetingsReply: Redacted {}
