internal import PlenaryCore

/// Says in words why the platform does not do something with rooms, providers, keys and administrators, and what to do about it.
/// What it says of customers and subscriptions is ``CommerceFailure``.
enum PlatformFailure {
    /// - Returns: `nil` when the error is none of these.
    static func of(_ error: any Error) -> CommandFailure? {
        if let faults = error as? RoomFaults { return describe(faults) }
        if let refusal = error as? RoomCreationRefusal { return describe(refusal) }
        if let problem = error as? RoomProblem { return describe(problem) }
        if let conflict = error as? ProviderConflict { return describe(conflict) }
        if let fault = error as? AdminFault { return describe(fault) }
        if let problem = error as? Problem { return describe(problem) }
        return nil
    }

    private static func wrong(_ lines: [String]) -> CommandFailure {
        CommandFailure(
            message: "some values cannot be:\n" + lines.map { "  - \($0)" }.joined(separator: "\n"),
            remedy: "Nothing was changed. Put them right and try again.", exitCode: 64)
    }

    /// A place in a body, as people read it: `room_settings/locale`.
    static func name(_ pointer: String) -> String {
        MeetingView.printable(String(pointer.drop { $0 == "/" }))
    }

    // MARK: rooms

    static func describe(_ faults: RoomFaults) -> CommandFailure {
        wrong(faults.faults.map { "\(name($0.pointer)) \($0.rule)" })
    }

    static func describe(_ refusal: RoomCreationRefusal) -> CommandFailure {
        switch refusal {
        case .subscriptionUnusable: CommerceFailure.describe(CommerceFault.subscriptionUnusable)
        case .customerSuspended: CommerceFailure.describe(CommerceFault.customerMayNotCreate(.suspended))
        case .limited(let limit): CommerceFailure.describe(CommerceFault.limitExceeded(limit))
        }
    }

    static func describe(_ problem: RoomProblem) -> CommandFailure {
        switch problem {
        case .featureNotAvailable:
            CommandFailure(
                message: "the room cannot be public: its subscription, or the room itself, lets no guests in",
                remedy: "Let them in first: plenary subscription feature set SUBSCRIPTION guest_access true")
        case .roomInUse:
            CommandFailure(
                message: "a session runs in the room, or is being started",
                remedy: "End it first (plenary room end ROOM), or delete the room with --force.")
        case .notRunning:
            CommandFailure(message: "nothing runs in the room", remedy: "See the room: plenary room show ROOM")
        case .roomNotFound, .roomGone, .notFound:
            CommandFailure(message: "the room is not there any more", remedy: "See what there is: plenary room list")
        case .codeNotUnique:
            CommandFailure(
                message: "the room has that code already, of this role or another one",
                remedy: "Take another one; without --code one is made. See them: plenary code list ROOM")
        case .tokenIsAutomatic:
            CommandFailure(
                message: "that is the link of a public room, which nobody changes",
                remedy: "It goes when the room is not public any more: plenary room update ROOM --no-public")
        case .userNotOfCustomer:
            CommandFailure(
                message: "the owner is no user of the customer whose account it is",
                remedy: "Name one of its users, or leave --owner out: the customer's owner owns the room then.")
        case .subscriptionUnusable: CommerceFailure.describe(CommerceFault.subscriptionUnusable)
        case .customerSuspended: CommerceFailure.describe(CommerceFault.customerMayNotCreate(.suspended))
        // Those are told to visitors, and to who uses the API.
        default:
            CommandFailure(
                message: ProblemCode(rawValue: problem.rawValue)?.title.lowercased() ?? "the platform refuses",
                remedy: "See the room: plenary room show ROOM")
        }
    }

    // MARK: providers

    static func describe(_ conflict: ProviderConflict) -> CommandFailure {
        switch conflict {
        case .isDefault:
            CommandFailure(
                message: "it is the default, which can neither be switched off nor taken away",
                remedy: "Make another one the default first: plenary provider attach OTHER --package PACKAGE --default")
        case .isActive:
            CommandFailure(
                message: "it is still active there", remedy: "Switch it off first: plenary provider detach does both.")
        case .inUse(let packages, let subscriptions):
            CommandFailure(
                message: "it is attached to \(packages) packages and \(subscriptions) subscriptions",
                remedy: "Take it out of them first: plenary provider detach PROVIDER --package PACKAGE")
        case .notInPackage:
            CommandFailure(
                message: "it is none of the providers of the subscription's package",
                remedy: "Attach it to the package first: plenary provider attach PROVIDER --package PACKAGE")
        case .serviceTypeMismatch(let offers, let wants):
            CommandFailure(
                message: "it serves \(offers.rawValue); \(wants.rawValue) is sold",
                remedy: "Take a provider for \(wants.rawValue): plenary provider list")
        case .noSuchProvider:
            CommandFailure(
                message: "the provider is not there any more", remedy: "See what there is: plenary provider list")
        case .attachedAlready:
            CommandFailure(message: "it is attached already", remedy: "Nothing is left to do.")
        case .notActive:
            CommandFailure(
                message: "it is not active, so it cannot be the default, and the first one is",
                remedy: "One that was added with --no-verify becomes active with its first good check: "
                    + "plenary provider check PROVIDER. Else: plenary provider update PROVIDER --active")
        }
    }

    // MARK: administrators

    static func describe(_ fault: AdminFault) -> CommandFailure {
        switch fault {
        case .emailTaken:
            CommandFailure(
                message: "another administrator has that e-mail address", remedy: "See them: plenary admin list")
        case .noRole(let role):
            CommandFailure(
                message: "there is no role `\(MeetingView.printable(role))`",
                remedy: "`admin` is there always; others are made through the API (/api/v1/roles).", exitCode: 64)
        case .roleNameTaken:
            CommandFailure(message: "another role has that name", remedy: "Take another one.")
        case .roleIsBuiltIn:
            CommandFailure(
                message: "the role `admin` is built in and stays as it is", remedy: "Make another role beside it.")
        case .roleInUse(let count):
            CommandFailure(
                message: "\(count) \(count == 1 ? "administrator has" : "administrators have") the role",
                remedy: "Take it from them first.")
        case .lastAdministrator:
            CommandFailure(
                message: "nobody would be left who may do everything",
                remedy: "Add another one first, who follows the link: plenary admin create E-MAIL --name NAME")
        }
    }

    // MARK: problems of the API

    static func describe(_ problem: Problem) -> CommandFailure {
        switch problem.code {
        case .providerUnreachable, .providerTLSInvalid, .providerSecretInvalid, .providerVersionUnsupported:
            return CommandFailure(
                message: "\(problem.code.rawValue): \(MeetingView.printable(problem.detail))",
                remedy: "\(remedy(of: problem)) Nothing was changed; --no-verify stores it all the same, inactive until"
                    + " a check passes.")
        case .preconditionFailed:
            return CommandFailure(
                message: "somebody else changed it meanwhile",
                remedy: "Look at it, and try again: plenary provider list")
        default: break
        }
        guard problem.faults.isEmpty else { return wrong(problem.faults.map(line)) }
        return CommandFailure(
            message: MeetingView.printable(problem.detail),
            remedy: "Nothing was changed. `--help` tells what can be given.",
            exitCode: 64)
    }

    private static func line(_ fault: RequestFault) -> String {
        let place =
            switch fault.place {
            case .pointer(let pointer): name("\(pointer)")
            case .parameter(let parameter): MeetingView.printable(parameter)
            case .header(let header): header
            }
        let words = fault.expected?.elements?.compactMap(\.text) ?? []
        let known = words.isEmpty ? "" : " There are: \(words.joined(separator: ", "))."
        return "\(place): \(MeetingView.printable(fault.detail))\(known)"
    }

    /// What to do about a provider that does not pass a check.
    private static func remedy(of problem: Problem) -> String {
        switch problem.code {
        case .providerUnreachable:
            return "Call it from this machine (curl -v URL): name, port, firewall, and `providers.allowPrivate` for"
                + " private addresses."
        case .providerSecretInvalid:
            return "`bbb-conf --secret` prints it on a server; Scalelite has LOADBALANCER_SECRET."
        case .providerVersionUnsupported: return "Upgrade it."
        default: break
        }
        let reason = problem.members.first { $0.name == "reason" }?.value.text
        switch reason.flatMap({ CertificateFault(rawValue: $0) }) {
        case .expired: return "Have its certificate renewed."
        case .notYetValid: return "Compare the clocks of both machines."
        case .hostnameMismatch: return "Give the name that stands in the certificate, or get one for this name."
        case .untrustedIssuer, .selfSigned:
            return "Put the authority's certificate into a PEM file and name that in PLENARY_PROVIDERS_EXTRA_CA,"
                + " also for `serve`."
        case nil: return "Look at its certificate: openssl s_client -connect HOST:PORT."
        }
    }
}
