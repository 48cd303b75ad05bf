package import BigBlueButton
package import PlenaryCore

/// How a call is answered, before anybody thinks of HTTP.
package enum CallAnswer: Sendable {
    /// A reply as it goes out.
    case xml([UInt8])
    /// A reply of a server with the cookies that make it usable.
    case relayed([UInt8], cookies: [String])
    /// 302.
    case redirect(String)
    /// The meeting's server does not answer: a page that tries again for a browser, XML for others.
    case unavailable(Refusal)
}

extension Fleet {
    /// Answers any call of an account that was verified.
    package func answer(_ call: Call, of account: Account) async -> CallAnswer {
        do throws(Refusal) {
            // BigBlueButton maps GET and POST (`bbb-api.md` 1.1); HEAD is GET without a body.
            guard call.method != .other else { throw .unsupportedRequest }
            switch call.name {
            case .create: return .xml(try await create(call, of: account))
            case .join: return await join(call, of: account)
            case .end: return .xml(try await end(call, of: account))
            case .isMeetingRunning: return .xml(try await isMeetingRunning(call, of: account))
            case .getMeetingInfo: return .xml(try await getMeetingInfo(call, of: account))
            case .getMeetings:
                guard call.hasSupportedContentType else { throw .contentType }
                return .xml(await getMeetings(of: account))
            default: throw .unsupportedRequest
            }
        } catch {
            return .xml(error.xml)
        }
    }

    /// The root of the API: no checksum, no account (`bbb-api.md` 1.7, `balancer.md` 2).
    package func index() -> [UInt8] {
        let identity = settings.identity
        return XMLWriter.response(.success) {
            $0.element("version", "2.0")
            $0.element("apiVersion", "2.0")
            $0.element("bbbVersion", identity.bbbVersion)
            $0.element("custom") {
                $0.element("name", identity.name)
                $0.element("version", identity.version)
                $0.element("deploy", identity.deploy)
                $0.element("revision", identity.revision)
            }
        }
    }
}
