@testable import PlenaryCore

/// The problem with which something is refused; `nil`: it is not.
func refusedWith(_ body: () throws -> Void) -> Problem? {
    do {
        try body()
    } catch let problem as Problem {
        return problem
    } catch {
        preconditionFailure("no problem: \(error)")
    }
    return nil
}

extension Problem {
    /// Its faults as `place code`, in their order.
    var told: [String] {
        faults.map { fault in
            switch fault.place {
            case .pointer(let pointer): "\(pointer) \(fault.code.rawValue)"
            case .parameter(let name), .header(let name): "\(name) \(fault.code.rawValue)"
            }
        }
    }
}

/// A JSON text that the test wrote.
func jsonText(_ text: String) -> JSON {
    do {
        return try JSONReader.read(Array(text.utf8))
    } catch {
        preconditionFailure("no JSON: \(text)")
    }
}
