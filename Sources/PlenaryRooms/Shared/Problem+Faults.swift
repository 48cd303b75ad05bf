package import PlenaryCore
internal import PlenaryStore

extension Problem {
    /// What is told of an error that a use case threw.
    ///
    /// - Returns: `nil` for one that nobody foresaw: it is logged, and the caller learns nothing of it.
    package init?(telling error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let fault as CommerceFault: self.init(of: fault)
        case let fault as ValidationFault: self.init(of: fault)
        case let fault as SubscriptionFault: self.init(of: fault)
        case let problem as RoomProblem: self.init(of: problem)
        case let fault as AdminFault: self.init(of: fault)
        case let fault as AccountRemovalFault: self = fault.problem
        case let fault as APIKeyFault: self = fault.problem
        case let faults as RoomFaults: self.init(of: faults)
        case let conflict as ProviderConflict: self.init(of: conflict)
        // Where the host is known, whoever knew it has told the problem already.
        case let fault as ProviderFault: self.init(of: fault, host: "The host")
        case let refusal as RoomCreationRefusal: self.init(of: refusal)
        case let fault as StoreFault:
            switch fault {
            case .busy, .overloaded: self = .unavailable(.maintenance, retryAfter: .seconds(1))
            case .unavailable: self = .unavailable(.maintenance, retryAfter: .seconds(5))
            default: return nil
            }
        default: return nil
        }
    }

    /// A problem of rooms has the same code in the catalogue.
    package init(of problem: RoomProblem, _ detail: String? = nil) {
        self.init(ProblemCode(rawValue: problem.rawValue) ?? .badRequest, detail)
    }

    /// 422 `validation_failed` with everything that is wrong with a room.
    package init(of faults: RoomFaults) {
        self = .invalid(faults.faults.map { RequestFault($0) })
    }

    /// - Parameter subscriptionID: whose limit it is, where that is known.
    package init(of refusal: RoomCreationRefusal, subscriptionID: String? = nil) {
        switch refusal {
        case .subscriptionUnusable: self.init(.subscriptionUnusable)
        case .customerSuspended: self.init(.customerSuspended)
        case .limited(let quota): self.init(of: quota, subscriptionID: subscriptionID)
        }
    }

    package init(of fault: SubscriptionFault) {
        switch fault {
        case .canceled: self.init(.subscriptionCanceled)
        case .notRenewable(let status):
            self.init(.subscriptionCanceled, "The subscription is \(status.rawValue); that is not renewed.")
        case .endless: self.init(.badRequest, "The subscription has no end, so there is nothing to renew.")
        case .tooFar:
            self = .invalid([RequestFault("cycles", .outOfRange, "The subscription would end beyond the year 9999.")])
        case .cycles(let most):
            self = .invalid([RequestFault("cycles", .outOfRange, "It is 1 to \(most).")])
        }
    }
}

extension RequestFault {
    /// A fault of a room in the words of the API.
    package init(_ fault: RoomFault) {
        let pointer = JSONPointer(text: fault.pointer) ?? .root
        let name = pointer.tokens.last ?? "It"
        self.init(
            .pointer(pointer), Code(rawValue: fault.code.rawValue) ?? .invalidFormat, "\(name) \(fault.rule).",
            expected: fault.expected.map { .text($0) }, actual: fault.actual.map { .text($0) })
    }
}
