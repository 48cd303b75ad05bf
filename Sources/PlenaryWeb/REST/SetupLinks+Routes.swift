internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// Links with which administrators and users set their passwords (`rooms-api.md` 13.3). Nothing is sent by mail: whoever makes a link
/// hands it on.
enum SetupLinkRoutes {
    private static let object = "SetupLink"

    static func group(_ services: PlatformServices) -> EndpointGroup {
        EndpointGroup(endpoints: [ofAdministrator(services), ofUser(services)], schemas: schemas)
    }

    private static func ofAdministrator(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .post, "/admins/{admin_id}/setup-link", .manageAdmins,
            EndpointDescription(
                "Administrators",
                "Make a link with which an administrator who may no more than oneself sets a password; older ones end",
                body: "SetupLinkOrder", status: 201, answer: "SetupLink")
        ) { request in
            let found = try await services.platform.administrator(
                try request.reference("admin_id"), toChangeBy: try request.caller)
            try empty(request)
            guard found.details.isActive else {
                throw Problem(.forbidden, "The administrator is not active; no link lets them in.")
            }
            guard let link = try await services.signIn.link(for: found.number) else { throw Problem(.notFound) }
            return answer(link, services.platform)
        }
    }

    private static func ofUser(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .post, "/users/{user_id}/setup-link", .updateUsers,
            EndpointDescription(
                "Users",
                "Make a link with which a user sets a password; older ones end. By the platform's own who may all in rooms",
                body: "SetupLinkOrder", status: 201, answer: "SetupLink")
        ) { request in
            let caller = try request.caller
            // An address is claimed by whoever writes it down. With a link one would be its user, and get into every room to
            // which others invite that address.
            try caller.checkPlatform(.updateUsers)
            // With a link one is that user, and may in rooms whatever users may.
            guard Principal.user.scopes.allSatisfy({ $0.isCovered(by: caller.principal.scopes) }) else {
                throw Problem(.forbidden, "Who makes a link for a user may do in rooms what users may.")
            }
            let user = try await services.platform.user(
                try request.reference("user_id"), toChange: .updateUsers, for: caller)
            try empty(request)
            guard let link = try await services.signIn.link(for: user.number) else { throw Problem(.notFound) }
            return answer(link, services.platform)
        }
    }

    /// A body is not needed, and says nothing.
    private static func empty(_ request: APIRequest) throws(Problem) {
        var reader = try request.object()
        try reader.finish()
    }

    private static func answer(_ link: SignIn.Link, _ platform: Platform) -> APIAnswer {
        APIAnswer(
            status: 201,
            body: [
                "object": .text(object), "url": .text(link.url(origin: platform.settings.publicURL)),
                "expires_at": JSON(link.expiresAt),
            ])
    }

    static let schemas: [String: JSON] = [
        "SetupLinkOrder": JSONSchema.request([], example: [:]),
        "SetupLink": JSONSchema.resource(
            object,
            [
                JSONSchema.Member("url", JSONSchema.text("Shown once, good for once."), required: true),
                JSONSchema.Member("expires_at", JSONSchema.time(), required: true),
            ], hasIdentity: false,
            example: [
                "object": "SetupLink",
                "url": "https://rooms.example/setup?token=7Jq0dYxw0cQb1s9mE2kTn3vR5hL8pZaUfGiOyW4BxCM",
                "expires_at": "2026-03-02T08:00:00Z",
            ]),
    ]
}
