internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/admins`, `/roles` and `/permissions` (`rooms-api.md` 2.2 and 13.3).
enum AdminRoutes {
    private static let schema = AdminResource.schema
    private static let roleSchema = RoleResource.schema
    private static let permissionSchema = PermissionResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                list(platform), add(platform), show(platform), change(platform), remove(platform),
                listRoles(platform), addRole(platform), showRole(platform), changeRole(platform),
                removeRole(platform), listPermissions(),
            ], schemas: AdminSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/admins", .manageAdmins,
            EndpointDescription(
                "Administrators", "List the administrators", answer: "AdministratorList", list: schema)
        ) { request in
            try request.caller.checkPlatform(.manageAdmins)
            let query = try request.list(of: schema)
            let administrators = try await platform.store.administrators()
            return try await request.page(administrators, query, of: schema, view: AdminResource.view) { page in
                page.map { AdminResource.json($0) }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/admins", .manageAdmins,
            EndpointDescription(
                "Administrators", "Add an administrator, who has no password yet", body: "NewAdministrator",
                status: 201, answer: "Administrator", problems: [.validationFailed])
        ) { request in
            let caller = try request.caller
            try caller.checkPlatform(.manageAdmins)
            let details = try AdminResource.details(from: try request.object())
            let added = try await platform.addAdministrator(details, for: caller, now: request.now)
            return request.created(
                AdminResource.json(added), state: AdminResource.state(added.details), at: "/admins/\(added.identity.id)"
            )
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/admins/{admin_id}", .manageAdmins,
            EndpointDescription("Administrators", "Show an administrator", answer: "Administrator", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let found = try await platform.administrator(try request.reference("admin_id"), for: try request.caller)
            return request.answer(AdminResource.json(found), state: AdminResource.state(found.details), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/admins/{admin_id}", .manageAdmins,
            EndpointDescription(
                "Administrators", "Change an administrator who may no more than oneself", body: "AdministratorChange",
                answer: "Administrator",
                problems: [.validationFailed, .notDeletable, .ownPermissions, .preconditionFailed])
        ) { request in
            let caller = try request.caller
            let found = try await platform.administrator(try request.reference("admin_id"), toChangeBy: caller)
            let body = try request.object()
            let changed = try await platform.updateAdministrator(found, for: caller, now: request.now) { details in
                try request.checkMatch(AdminResource.state(details))
                return try AdminResource.details(from: body, changing: found, details)
            }
            return request.answer(AdminResource.json(changed), state: AdminResource.state(changed.details))
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/admins/{admin_id}", .manageAdmins,
            EndpointDescription(
                "Administrators", "Delete an administrator who may no more than oneself; keys that he made stay",
                status: 204, problems: [.notDeletable, .preconditionFailed])
        ) { request in
            let found = try await platform.administrator(
                try request.reference("admin_id"), toChangeBy: try request.caller)
            let isGone = try await platform.store.removeAdministrator(found.number) { administrator in
                try request.checkMatch(AdminResource.state(administrator.details))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    // MARK: roles

    private static func listRoles(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/roles", .manageRoles,
            EndpointDescription("Administrators", "List the roles", answer: "RoleList", list: roleSchema)
        ) { request in
            let query = try request.list(of: roleSchema)
            let roles = try await platform.roles(for: try request.caller)
            return try await request.page(roles, query, of: roleSchema, view: RoleResource.view) { page in
                page.map { RoleResource.json($0) }
            }
        }
    }

    private static func addRole(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/roles", .manageRoles,
            EndpointDescription(
                "Administrators", "Add a role", body: "NewRole", status: 201, answer: "Role",
                problems: [.validationFailed])
        ) { request in
            let caller = try request.caller
            try caller.checkPlatform(.manageRoles)
            let role = try RoleResource.role(from: try request.object(), changing: nil)
            let kept = try await platform.addRole(role, for: caller, now: request.now)
            return request.created(
                RoleResource.json(kept), state: RoleResource.state(kept.role), at: "/roles/\(kept.identity.id)")
        }
    }

    private static func showRole(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/roles/{role}", .manageRoles,
            EndpointDescription(
                "Administrators", "Show a role; the built-in one is called admin", answer: "Role", single: roleSchema)
        ) { request in
            let selection = try request.selection(of: roleSchema)
            let kept = try await platform.role(request.argument("role"), for: try request.caller)
            return request.answer(
                RoleResource.json(kept), state: RoleResource.state(kept?.role ?? .admin), selection)
        }
    }

    private static func changeRole(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/roles/{role}", .manageRoles,
            EndpointDescription(
                "Administrators", "Change a role; who has it may do that much from then on", body: "RoleChange",
                answer: "Role", problems: [.validationFailed, .preconditionFailed])
        ) { request in
            let caller = try request.caller
            let kept = try await platform.role(request.argument("role"), toChangeBy: caller)
            let body = try request.object()
            let changed = try await platform.store.updateRole(.id(kept.identity.id), now: request.now) { old in
                try request.checkMatch(RoleResource.state(old))
                let now = Store.KeptRole(
                    identity: kept.identity, role: old, createdAt: kept.createdAt, updatedAt: kept.updatedAt)
                let role = try RoleResource.role(from: body, changing: now)
                try caller.checkGives(role)
                return role
            }
            guard let changed else { throw Problem(.notFound) }
            return request.answer(RoleResource.json(changed), state: RoleResource.state(changed.role))
        }
    }

    private static func removeRole(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/roles/{role}", .manageRoles,
            EndpointDescription(
                "Administrators", "Delete a role that nobody has", status: 204,
                problems: [.notDeletable, .preconditionFailed])
        ) { request in
            let kept = try await platform.role(request.argument("role"), toChangeBy: try request.caller)
            let isGone = try await platform.store.removeRole(.id(kept.identity.id)) { role in
                try request.checkMatch(RoleResource.state(role))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    private static func listPermissions() -> Endpoint {
        Endpoint(
            .get, "/permissions", .anybodyKnown,
            EndpointDescription(
                "Administrators", "List the permissions that there are", answer: "PermissionList",
                list: permissionSchema)
        ) { request in
            let query = try request.list(of: permissionSchema)
            return try await request.page(
                Permission.allCases, query, of: permissionSchema, view: PermissionResource.view
            ) { page in
                page.map { PermissionResource.json($0) }
            }
        }
    }
}
