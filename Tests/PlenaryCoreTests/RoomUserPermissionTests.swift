import PlenaryCore
import Testing

@Suite struct RoomUserPermissionTests {
    @Test func `every permission of rooms but to join is one of the API`() {
        let reached = Set(Permission.allCases.compactMap(\.ofRoomUsers))
        #expect(reached == RoomPermission.all.subtracting([.join]))
    }

    @Test func `a user may nothing that is not in rooms, and sees no customer's things by it`() {
        let user = Principal.user
        #expect(user.reach == .customers([]))
        for permission in Permission.allCases {
            #expect(user.may(permission) == (permission.ofRoomUsers != nil), "\(permission)")
        }
        for permission in [Permission.createRooms, .readUsers, .manageAPIKeys, .manageAdmins, .readCustomers] {
            #expect(!user.may(permission))
        }
    }
}
