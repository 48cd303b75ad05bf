internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/rooms/{room_id}/users` and who owns it (`rooms-api.md` 13).
enum RoomUserRoutes {
    private static let schema = RoomUserResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [list(platform), add(platform), change(platform), remove(platform), give(platform)],
            schemas: RoomUserSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/users", .manageRoomUsers,
            EndpointDescription("Room users", "List the users of a room", answer: "RoomUserList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let room = try await request.room(.manageRoomUsers)
            let people = try await platform.store.people(of: room.number)
            return try await request.page(people, query, of: schema, view: RoomUserResource.view) { page in
                page.map { RoomUserResource.json($0, of: room) }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/rooms/{room_id}/users", .manageRoomUsers,
            EndpointDescription(
                "Room users", "Make somebody a user of a room; an address of nobody is invited", body: "NewRoomUser",
                status: 201, answer: "RoomUser",
                problems: [.validationFailed, .emailDomainNotAllowed, .ownerRequired, .ownPermissions])
        ) { request in
            let room = try await request.room(.manageRoomUsers)
            let (named, permissions) = try RoomUserResource.addition(from: try request.object())
            let person = try await platform.addPerson(
                named, permissions, to: room, for: try request.caller, now: request.now)
            return request.created(
                RoomUserResource.json(person, of: room), state: state(person),
                at: "/rooms/\(room.identity.id)/users/\(person.user.identity.id)")
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/rooms/{room_id}/users/{user_id}", .manageRoomUsers,
            EndpointDescription(
                "Room users", "Set the permissions of a user of a room, all of them", body: "RoomUserChange",
                answer: "RoomUser",
                problems: [.validationFailed, .ownerRequired, .ownPermissions, .preconditionFailed])
        ) { request in
            let room = try await request.room(.manageRoomUsers)
            let person = try await platform.person(try request.reference("user_id"), of: room)
            let permissions = try RoomUserResource.permissions(
                from: try request.object(), shown: RoomUserResource.json(person, of: room))
            let id = person.user.id
            let actor = try await platform.actor(try request.caller, in: room)
            let people = try await platform.store.changePeople(of: room.number, now: request.now) { users in
                try request.checkMatch(
                    RoomUserResource.state(users.permissions(of: id), isOwner: users.owner == id))
                return try users.changed(id, to: permissions, by: actor)
            }
            let changed = try Platform.person(id, among: people)
            return request.answer(RoomUserResource.json(changed, of: room), state: state(changed))
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/rooms/{room_id}/users/{user_id}", .manageRoomUsers,
            EndpointDescription(
                "Room users", "Take a user out of a room", status: 204, problems: [.ownerRequired, .preconditionFailed])
        ) { request in
            let caller = try request.caller
            let named = try request.reference("user_id")
            let room = try await platform.room(try request.reference("room_id"), without: named, for: caller)
            let person = try await platform.person(named, of: room)
            let id = person.user.id
            let actor = try await platform.actor(caller, in: room)
            let users = try await platform.store.changeUsers(of: room.number, now: request.now) { users in
                try request.checkMatch(
                    RoomUserResource.state(users.permissions(of: id), isOwner: users.owner == id))
                return try users.removed(id, by: actor)
            }
            guard users != nil else { throw Problem(.notFound) }
            return .noContent
        }
    }

    private static func give(_ platform: Platform) -> Endpoint {
        Endpoint(
            .put, "/rooms/{room_id}/owner", .manageRoomUsers,
            EndpointDescription(
                "Room users", "Give a room to another user of its customer", body: "RoomOwnership",
                answer: "RoomUser", problems: [.validationFailed, .userNotOfCustomer])
        ) { request in
            let room = try await request.room(.manageRoomUsers)
            let (owner, keepsPrevious) = try RoomUserResource.ownership(from: try request.object())
            let person = try await platform.giveRoom(
                room, to: owner, keepsPrevious: keepsPrevious, for: try request.caller, now: request.now)
            return request.answer(RoomUserResource.json(person, of: room), state: state(person))
        }
    }

    private static func state(_ person: RoomPerson) -> JSON {
        RoomUserResource.state(person.permissions, isOwner: person.isOwner)
    }
}
