import HTTPTypes
import PlenaryCore
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// Who waits for leave to send a body to the REST API (`Expect: 100-continue`).
@Suite struct ExpectedBodyTests {
    @Test func `a file is asked for from who may send one, and nothing that is too long`() async throws {
        let bodies = ExpectedBodies([Self.upload], longestBody: 1_000)
        let path = "/api/v1/rooms/u6Yh3DkQ9w/presentations"
        #expect(bodies.wants("POST", path, length: 5_000, isKnown: true))
        #expect(!bodies.wants("POST", path, length: 5_001, isKnown: true))
        #expect(!bodies.wants("POST", path, length: 5_000, isKnown: false))
        #expect(!bodies.wants("PUT", path, length: 5_000, isKnown: true))
        #expect(!bodies.wants("POST", "\(path)/a", length: 5_000, isKnown: true))
        #expect(bodies.wants("POST", "/api/v1/rooms", length: 1_000, isKnown: false))
        #expect(!bodies.wants("POST", "/api/v1/rooms", length: 1_001, isKnown: true))
        #expect(bodies.wants("POST", path, length: nil, isKnown: true))
        #expect(!bodies.wants("POST", path, length: nil, isKnown: false))
    }

    @Test func `the name of a file is told to be needed`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let document = try await desk.api(.get, "/openapi.json", as: nil)
            let paths = document.json["paths"]?.members ?? []
            let uploads = paths.first { $0.name.hasSuffix("/rooms/{room_id}/presentations") }?.value["post"]
            let name = uploads?["parameters"]?.elements?.first { $0["name"] == "name" }
            #expect(name?["required"] == true, "\(String(describing: name))")
        }
    }

    private static let upload = Endpoint(
        .post, "/rooms/{room_id}/presentations", .managePresentations,
        EndpointDescription("Presentations", "Add a file", upload: 5_000)
    ) { _ in APIAnswer.noContent }
}
