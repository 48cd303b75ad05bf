internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/users`, `/me` and the users of customers (`rooms-api.md` 3 and 13.3).
enum UserRoutes {
    private static let schema = UserResource.schema
    private static let memberSchema = MemberResource.ofCustomers

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                list(platform), add(platform), show(platform), change(platform), remove(platform), me(platform),
                listMembers(platform), addMember(platform), changeMember(platform), removeMember(platform),
            ], schemas: UserSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/users", .readUsers,
            EndpointDescription("Users", "List the users", answer: "UserList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let users = try await platform.users(for: try request.caller)
            return try await request.page(users, query, of: schema, view: UserResource.view) { page in
                page.map { UserResource.json($0) }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/users", .createUsers,
            EndpointDescription(
                "Users", "Add a user, who may do nothing yet", body: "NewUser", status: 201, answer: "User",
                problems: [.validationFailed])
        ) { request in
            let caller = try request.caller
            try caller.checkPlatform(.createUsers)
            let details = try UserResource.details(from: try request.object())
            let user = try await platform.addUser(details, for: caller, now: request.now)
            return request.created(
                UserResource.json(user), state: UserResource.state(user.details), at: "/users/\(user.identity.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/users/{user_id}", .readUsers,
            EndpointDescription("Users", "Show a user", answer: "User", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let user = try await platform.user(try request.reference("user_id"), .readUsers, for: try request.caller)
            return request.answer(UserResource.json(user), state: UserResource.state(user.details), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/users/{user_id}", .updateUsers,
            EndpointDescription(
                "Users", "Change a user who belongs to nobody else", body: "UserChange", answer: "User",
                problems: [.validationFailed, .preconditionFailed])
        ) { request in
            let user = try await toChange(request, .updateUsers)
            let body = try request.object()
            let changed = try await platform.updateUser(user, for: try request.caller, now: request.now) { details in
                try request.checkMatch(UserResource.state(details))
                details = try UserResource.details(from: body, changing: user, details)
            }
            return request.answer(UserResource.json(changed), state: UserResource.state(changed.details))
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/users/{user_id}", .deleteUsers,
            EndpointDescription(
                "Users", "Delete a user who owns nothing", status: 204, problems: [.ownerRequired, .preconditionFailed])
        ) { request in
            let user = try await toChange(request, .deleteUsers)
            let isGone = try await platform.store.removeUser(user.number) { user in
                try request.checkMatch(UserResource.state(user.details))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    private static func me(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/me", .anybodyKnown,
            EndpointDescription("Users", "Tell who asks, and what they may", answer: "Me")
        ) { request in
            APIAnswer(status: 200, body: try await platform.me(try request.caller))
        }
    }

    private static func toChange(_ request: APIRequest, _ permission: Permission) async throws -> User {
        try await request.platform.user(
            try request.reference("user_id"), toChange: permission, for: try request.caller)
    }

    // MARK: users of customers

    private static func listMembers(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/customers/{customer_id}/users", .readUsers,
            EndpointDescription(
                "Customers", "List the users of a customer, the owner among them", answer: "CustomerUserList",
                list: memberSchema)
        ) { request in
            let query = try request.list(of: memberSchema)
            let customer = try await customer(request, .readUsers)
            let members = try await platform.members(of: customer)
            return try await request.page(members, query, of: memberSchema, view: MemberResource.view) { page in
                page.map { MemberResource.json($0, of: customer) }
            }
        }
    }

    private static func addMember(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/customers/{customer_id}/users", .createUsers,
            EndpointDescription(
                "Customers", "Make somebody a user of a customer; with an e-mail address that nobody has, a new one",
                body: "NewCustomerUser", status: 201, answer: "CustomerUser",
                problems: [.validationFailed, .emailDomainNotAllowed, .ownerRequired, .customerSuspended])
        ) { request in
            let customer = try await customer(request, .createUsers)
            let draft = try MemberResource.draft(from: try request.object(), mayBeNew: true)
            let member = try await platform.addMember(
                draft, to: customer, for: try request.caller, now: request.now)
            return request.created(
                MemberResource.json(member, of: customer), state: MemberResource.state(member),
                at: "/customers/\(customer.identity.id)/users/\(member.user.identity.id)")
        }
    }

    private static func changeMember(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/customers/{customer_id}/users/{user_id}", .updateUsers,
            EndpointDescription(
                "Customers", "Make a user of a customer its owner", body: "CustomerUserChange", answer: "CustomerUser",
                problems: [.validationFailed, .ownerRequired, .preconditionFailed])
        ) { request in
            let customer = try await customer(request, .updateUsers)
            var member = try await platform.member(try request.reference("user_id"), of: customer)
            try request.checkMatch(MemberResource.state(member))
            let isOwner = try MemberResource.isOwner(
                from: try request.object(), changing: MemberResource.json(member, of: customer))
            if let isOwner, isOwner != member.isOwner {
                member = try await platform.setMember(
                    member, isOwner: isOwner, of: customer, for: try request.caller, now: request.now
                ) { held in
                    try request.checkMatch(MemberResource.state(held))
                }
            }
            return request.answer(MemberResource.json(member, of: customer), state: MemberResource.state(member))
        }
    }

    private static func removeMember(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/customers/{customer_id}/users/{user_id}", .deleteUsers,
            EndpointDescription(
                "Customers", "Take a user out of a customer, its accounts and its rooms", status: 204,
                problems: [.ownerRequired, .preconditionFailed])
        ) { request in
            let customer = try await customer(request, .deleteUsers)
            let member = try await platform.member(try request.reference("user_id"), of: customer)
            let isGone = try await platform.store.removeMember(member.user.id, of: customer.number) { member in
                try request.checkMatch(MemberResource.state(member))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    private static func customer(_ request: APIRequest, _ permission: Permission) async throws -> Customer {
        try await request.platform.customer(
            try request.reference("customer_id"), permission, for: try request.caller)
    }
}
