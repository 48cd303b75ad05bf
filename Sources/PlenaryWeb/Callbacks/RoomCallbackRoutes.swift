internal import HTTPTypes
internal import Hummingbird
internal import PlenaryRooms

/// Where providers of others tell of sessions of rooms (`rooms-api.md` 11.6). Nothing of a request is read but its path: the key
/// in it is all that counts, and what it says is looked at, not believed.
struct RoomCallbackRoutes: Sendable {
    let joins: JoinDesk

    func add(to router: Router<WebContext>) {
        router.get("/callbacks/room-end/:uuid/:key") { _, context in try await receive(.end, context) }
        router.post("/callbacks/room-recording/:uuid/:key") { _, context in
            try await receive(.recording, context)
        }
    }

    private func receive(_ kind: JoinDesk.RoomCallback, _ context: WebContext) async throws -> Response {
        guard let uuid = context.parameters.get("uuid"), let key = context.parameters.get("key"),
            try await joins.receive(kind, uuid, key: key)
        else { return Response(status: .notFound) }
        return Response(status: .ok)
    }
}
