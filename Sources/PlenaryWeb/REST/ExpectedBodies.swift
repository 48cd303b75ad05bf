internal import HTTPTypes
internal import Hummingbird
internal import PlenaryCore

/// Which bodies of requests to the REST API are asked for where a client waits for leave to send them (`Expect: 100-continue`):
/// curl does so before a file. What would be refused is refused before it is sent.
struct ExpectedBodies: Sendable {
    private struct Upload: Sendable {
        let method: String
        let segments: [Substring]
        let longest: Int
    }

    private let uploads: [Upload]
    private let longestBody: Int

    /// - Parameter longestBody: of what is no file, in octets.
    init(_ endpoints: [Endpoint], longestBody: Int) {
        uploads = endpoints.compactMap { endpoint in
            endpoint.description.upload.map { longest in
                Upload(
                    method: endpoint.method.rawValue, segments: Self.segments(RESTAPI.base + endpoint.path),
                    longest: longest)
            }
        }
        self.longestBody = longestBody
    }

    /// - Returns: `nil` for what is no request to the REST API.
    func wants(_ request: Request) -> Bool? {
        let path = APITarget(request.head.path ?? "").path
        guard path.hasPrefix("\(RESTAPI.base)/") else { return nil }
        guard request.headers[.expect]?.lowercased() == "100-continue" else { return false }
        // Whose it is is found out later; without any credential nothing long is taken.
        let isKnown = request.headers[.authorization] != nil || request.headers[.cookie] != nil
        let length = request.headers[.contentLength].flatMap { Int($0) }
        return wants(request.method.rawValue, path, length: length, isKnown: isKnown)
    }

    /// - Parameter length: `nil`: it is not told beforehand.
    func wants(_ method: String, _ path: String, length: Int?, isKnown: Bool) -> Bool {
        guard let length else { return isKnown }
        let asked = Self.segments(path)
        let upload = uploads.first { $0.method == method && Self.fits(asked, $0.segments) }
        guard let upload, isKnown else { return length <= longestBody }
        return length <= upload.longest
    }

    private static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }

    private static func fits(_ path: [Substring], _ template: [Substring]) -> Bool {
        path.count == template.count && zip(path, template).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
    }
}
