extension Permission {
    /// What a user of a room must hold there to do what this one allows (`rooms-api.md` 2.2 and 13.2).
    ///
    /// `nil`: no user does that by being a user of a room.
    package var ofRoomUsers: RoomPermission? {
        switch self {
        case .readRooms, .readSessions: .view
        case .updateRooms: .update
        case .deleteRooms: .delete
        case .manageRoomTokens: .tokens
        case .manageRoomAccessCodes: .codes
        case .manageRoomUsers: .users
        case .manageSessions: .start
        case .readRecordings, .manageRecordings, .managePresentations: .recordings
        case .createRooms, .readServiceProviders, .manageServiceProviders, .readFeatures, .readPackages,
            .createPackages, .updatePackages, .deletePackages, .readSubscriptions, .createSubscriptions,
            .updateSubscriptions, .deleteSubscriptions, .readAccounts, .createAccounts, .updateAccounts,
            .deleteAccounts, .manageIntegrationAPI, .readCustomers, .createCustomers, .updateCustomers,
            .deleteCustomers, .readUsers, .createUsers, .updateUsers, .deleteUsers, .manageAdmins, .manageRoles,
            .manageAPIKeys, .manageWebhooks, .readEvents:
            nil
        }
    }
}

extension RoomPermission {
    /// Of the owner of an account in its rooms, who need not be a user of them: who may do what there is theirs to say (13.1).
    package static let ofAccountOwners: Set<RoomPermission> = [.view, .users]
}

extension Principal {
    /// A user of customers: what they may do anywhere, they may do by rooms; in which ones is asked of each.
    package static let user = Principal(
        scopes: Set(Permission.allCases.filter { $0.ofRoomUsers != nil }.map { Scope.one($0) }), reach: .customers([]))
}
