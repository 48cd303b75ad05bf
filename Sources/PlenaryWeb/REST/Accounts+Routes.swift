internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/accounts` (`rooms-api.md` 4).
enum AccountRoutes {
    private static let schema = AccountResource.schema
    private static let userSchema = MemberResource.ofAccounts

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                list(platform), add(platform), show(platform), change(platform), remove(platform),
                listUsers(platform), addUser(platform), changeUser(platform), removeUser(platform),
            ], schemas: AccountSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/accounts", .readAccounts,
            EndpointDescription("Accounts", "List the accounts", answer: "AccountList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let caller = try request.caller
            let accounts = try await platform.accounts(for: caller)
            let view = AccountResource.view(names: try await platform.accountNames(in: query))
            return try await request.page(accounts, query, of: schema, view: view) { page in
                let shown = try await platform.json(of: page, query.selection.includes, for: caller)
                return page.map { shown[$0.account.id] ?? .null }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/accounts", .createAccounts,
            EndpointDescription(
                "Accounts", "Add an account; a customer's own where the subscription allows it", body: "NewAccount",
                status: 201, answer: "Account",
                problems: [
                    .validationFailed, .limitExceeded, .subscriptionUnusable, .featureNotAvailable, .customerSuspended,
                ])
        ) { request in
            let owned = try await platform.addAccount(try request.object(), for: try request.caller, now: request.now)
            return request.created(
                AccountResource.json(owned), state: AccountResource.state(owned.account.details),
                at: "/accounts/\(owned.account.identity.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/accounts/{account_id}", .readAccounts,
            EndpointDescription("Accounts", "Show an account", answer: "Account", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let owned = try await account(request, .readAccounts)
            let shown = try await platform.json(of: [owned], selection.includes, for: try request.caller)
            return request.answer(
                shown[owned.account.id] ?? AccountResource.json(owned),
                state: AccountResource.state(owned.account.details), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/accounts/{account_id}", .updateAccounts,
            EndpointDescription(
                "Accounts", "Change an account; only the platform's own make it active again", body: "AccountChange",
                answer: "Account", problems: [.validationFailed, .preconditionFailed])
        ) { request in
            let owned = try await account(request, .updateAccounts)
            let mayActivate = try request.caller.isPlatform
            let body = try request.object()
            let changed = try await platform.store.updateAccount(owned.account.id, now: request.now) { details in
                try request.checkMatch(AccountResource.state(details))
                details = try AccountResource.details(
                    from: body, changing: owned, details, mayActivate: mayActivate)
            }
            guard let account = changed else { throw Problem(.notFound) }
            return request.answer(
                AccountResource.json(OwnedAccount(account: account, owner: owned.owner)),
                state: AccountResource.state(account.details))
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/accounts/{account_id}", .deleteAccounts,
            EndpointDescription(
                "Accounts", "Delete an inactive account with everything that belongs to it", status: 204,
                problems: [.notDeletable, .roomInUse, .featureNotAvailable, .preconditionFailed])
        ) { request in
            let owned = try await account(request, .deleteAccounts)
            try await platform.removeAccount(owned, for: try request.caller, now: request.now) { account in
                try request.checkMatch(AccountResource.state(account.details))
            }
            return .noContent
        }
    }

    // MARK: users

    private static func listUsers(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/accounts/{account_id}/users", .readUsers,
            EndpointDescription(
                "Accounts", "List the users of an account, the owner among them", answer: "AccountUserList",
                list: userSchema)
        ) { request in
            let query = try request.list(of: userSchema)
            let owned = try await account(request, .readUsers)
            let members = try await platform.members(of: owned)
            return try await request.page(members, query, of: userSchema, view: MemberResource.view) { page in
                page.map { MemberResource.json($0, of: owned.account) }
            }
        }
    }

    private static func addUser(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/accounts/{account_id}/users", .createUsers,
            EndpointDescription(
                "Accounts", "Make a user of the customer a user of an account", body: "NewAccountUser", status: 201,
                answer: "AccountUser", problems: [.validationFailed, .userNotOfCustomer, .ownerRequired])
        ) { request in
            let owned = try await account(request, .createUsers)
            let draft = try MemberResource.draft(from: try request.object(), mayBeNew: false)
            let member = try await platform.addMember(
                draft, to: owned, for: try request.caller, now: request.now)
            return request.created(
                MemberResource.json(member, of: owned.account), state: MemberResource.state(member),
                at: "/accounts/\(owned.account.identity.id)/users/\(member.user.identity.id)")
        }
    }

    private static func changeUser(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/accounts/{account_id}/users/{user_id}", .updateUsers,
            EndpointDescription(
                "Accounts", "Make a user of an account its owner", body: "AccountUserChange", answer: "AccountUser",
                problems: [.validationFailed, .ownerRequired, .preconditionFailed])
        ) { request in
            let owned = try await account(request, .updateUsers)
            var member = try await platform.member(try request.reference("user_id"), of: owned)
            try request.checkMatch(MemberResource.state(member))
            let isOwner = try MemberResource.isOwner(
                from: try request.object(), changing: MemberResource.json(member, of: owned.account))
            if let isOwner, isOwner != member.isOwner {
                member = try await platform.setMember(
                    member.user, isOwner: isOwner, of: owned, for: try request.caller, now: request.now
                ) { held in
                    guard let held else { throw Problem(.notFound) }
                    try request.checkMatch(MemberResource.state(held))
                }
            }
            return request.answer(
                MemberResource.json(member, of: owned.account), state: MemberResource.state(member))
        }
    }

    private static func removeUser(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/accounts/{account_id}/users/{user_id}", .deleteUsers,
            EndpointDescription(
                "Accounts", "Take a user out of an account", status: 204,
                problems: [.ownerRequired, .preconditionFailed])
        ) { request in
            let owned = try await account(request, .deleteUsers)
            let member = try await platform.member(try request.reference("user_id"), of: owned)
            try await platform.removeMember(member.user.id, of: owned) { member in
                try request.checkMatch(MemberResource.state(member))
            }
            return .noContent
        }
    }

    private static func account(_ request: APIRequest, _ permission: Permission) async throws -> OwnedAccount {
        try await request.platform.account(
            try request.reference("account_id"), permission, for: try request.caller)
    }
}
