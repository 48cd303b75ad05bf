internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Administrators of the platform: people who sign in.",
        subcommands: [AdminCreate.self, AdminList.self, AdminSetupLink.self, AdminDelete.self])
}

/// A link with which somebody sets a password.
struct SetupLinkView: Encodable {
    let url: String
    let expiresAt: String

    private enum CodingKeys: String, CodingKey {
        case url
        case expiresAt = "expires_at"
    }
}

/// An administrator as `--json` shows it, with the names of the REST API. Stable: fields are added, never renamed.
struct AdminView: Encodable {
    let object = "Admin"
    let id: String
    let uuid: String
    let ulid: String
    let email: String
    let name: String
    let isActive: Bool
    let roles: [String]
    /// Otherwise he was invited, and has not followed the link yet.
    let hasPassword: Bool
    let createdAt: String
    let updatedAt: String
    /// Only when it is made.
    let setup: SetupLinkView?

    private enum CodingKeys: String, CodingKey {
        case object, id, uuid, ulid, email, name
        case isActive = "active"
        case roles
        case hasPassword = "has_password"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case setup = "setup_link"
    }

    init(_ admin: Administrator, setup: SetupLinkView? = nil) {
        id = admin.identity.id
        uuid = admin.identity.uuid
        ulid = admin.identity.ulid
        email = admin.details.email
        name = admin.details.name
        isActive = admin.details.isActive
        roles = admin.details.roles.sorted()
        hasPassword = admin.hasPassword
        createdAt = admin.createdAt.timestamp
        updatedAt = admin.updatedAt.timestamp
        self.setup = setup
    }
}

extension Workplace {
    /// By id, uuid, ulid or e-mail address.
    fileprivate func administrator(_ text: String) async throws -> Administrator {
        if let reference = ResourceReference(text), let found = try await store.administrator(reference) {
            return found
        }
        if let found = try await store.administrator(email: text) { return found }
        throw CommandFailure(
            message: "there is no administrator `\(MeetingView.printable(text))`",
            remedy: "List them: plenary admin list. One is named by its id or e-mail address.")
    }

    /// Makes a link; older ones of the same person are good for nothing then.
    ///
    /// - Parameter admin: `nil`: for who becomes the first administrator.
    /// - Returns: `nil` when there is no such administrator any more, or the first one is there.
    fileprivate func setupLink(for admin: AdminNumber?) async throws -> SetupLinkView? {
        var random = FleetRandom(time)
        let token = SetupToken(using: &random)
        let now = time.now()
        let end = now.advanced(by: SetupToken.life)
        let made = try await store.addSetupLink(token, for: admin, expiresAt: end, now: now)
        guard made != nil else { return nil }
        return SetupLinkView(url: "\(settings.baseURL)/setup?token=\(token.reveal())", expiresAt: end.timestamp)
    }
}

struct AdminCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Add an administrator, and print the link with which to set a password.",
        discussion: "The link is good once, for 24 hours. `plenary admin setup-link` makes another one.")
    @Argument(help: "E-mail address; one signs in with it.") var email: String
    @Option(help: "Name.") var name: String
    @Option(help: "A role; once for each. Default: admin, which may do everything.") var role: [String] = []
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let roles = role.isEmpty ? [Role.admin.name] : Set(role)
        let view = try await Workplace.openPlatform(mayCreate: true) { place in
            var random = FleetRandom(place.time)
            let now = place.time.now()
            let identity = ResourceIdentity(at: now, using: &random)
            let admin = try await place.store.addAdministrator(
                AdminDetails(email: email, name: name, roles: roles), identity: identity, now: now)
            return AdminView(admin, setup: try await place.setupLink(for: admin.number))
        }
        if output.json { return try Console.json(view) }
        guard let link = view.setup else {
            return Console.note("Added \(view.email). Make a link: plenary admin setup-link \(view.email)")
        }
        Console.say(link.url)
        Console.note(
            "Added \(view.email). Who follows the link sets the password; it is good once, until \(link.expiresAt).")
    }
}

struct AdminList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the administrators.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let views = try await Workplace.openPlatform { try await $0.store.administrators() }.map { AdminView($0) }
        if output.json { return try Console.json(views) }
        if views.isEmpty { return Console.say("No administrators. Add one: plenary admin create E-MAIL --name NAME") }
        var table = Table(["id", "e-mail", "state", "roles", "name"])
        for view in views {
            let state = view.hasPassword ? "active" : "invited"
            table.add([
                view.id, view.email, view.isActive ? state : "inactive",
                MeetingView.printable(view.roles.joined(separator: ", ")),
                MeetingView.printable(view.name),
            ])
        }
        Console.say(table.text)
    }
}

struct AdminSetupLink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup-link", abstract: "Print a link with which an administrator sets a password.",
        discussion: """
            Good once, for 24 hours; older links of the same person are good for nothing any more. Who follows it is signed \
            out everywhere else. Without a name it is for who becomes the first administrator.
            """)
    @Argument(help: "Whose: id or e-mail address. Default: of the first administrator, who is not there yet.")
    var admin: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let link = try await Workplace.openPlatform(mayCreate: true) { place in
            var number: AdminNumber?
            if let admin {
                let found = try await place.administrator(admin)
                guard found.details.isActive else {
                    throw CommandFailure(
                        message: "\(found.details.email) is not active, and no link lets them in",
                        remedy: "Make them active first: PATCH /api/v1/admins/\(found.identity.id)")
                }
                number = found.number
            }
            guard let link = try await place.setupLink(for: number) else {
                throw CommandFailure(
                    message: number == nil ? "there are administrators already" : "the administrator was just removed",
                    remedy:
                        "Say whose password it is for: plenary admin setup-link E-MAIL. See who is there: plenary admin list"
                )
            }
            return link
        }
        if output.json { return try Console.json(link) }
        Console.say(link.url)
        Console.note("Good once, until \(link.expiresAt). Whoever has it sets the password.")
    }
}

struct AdminDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an administrator, who is signed out everywhere. Keys of the API stay.")
    @Argument(help: "Id, uuid, ulid or e-mail address.") var admin: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let found = try await Workplace.openPlatform { place in
            let found = try await place.administrator(admin)
            guard try await place.store.removeAdministrator(found.number) else {
                throw CommandFailure(
                    message: "the administrator was just removed", remedy: "See who is left: plenary admin list")
            }
            return found
        }
        if output.json { return try Console.json(DeletedView(deleted: found.identity.id)) }
        Console.say("Deleted \(found.details.email). See who is left: plenary admin list")
    }
}
