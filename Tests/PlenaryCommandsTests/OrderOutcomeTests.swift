import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryCommands

/// What commands say of an order that they gave, and with which exit code they end.
@Suite struct OrderOutcomeTests {
    private func report(
        _ state: Order.State, _ wait: OrderOutcome.Wait, moved: Int = 3, failed: Int = 0, _ message: String = ""
    ) -> Result<String, CommandFailure> {
        let order = Order(
            id: OrderID(7), work: .evacuate(ServerID(2), perMinute: 20), state: state, moved: moved, failed: failed,
            message: message, createdAt: WireTime(milliseconds: 0))
        return OrderOutcome(order: order, wait: wait).report(
            done: "bbb2 is evacuated", open: "bbb2 is being evacuated", next: "See: plenary server show bbb2")
    }

    private func fault(_ report: Result<String, CommandFailure>) throws -> CommandFailure {
        guard case .failure(let failure) = report else { throw NoFailure() }
        return failure
    }

    struct NoFailure: Error {}

    @Test func `an order that outlasts the wait is not told as done`() throws {
        let failure = try fault(report(.open, .over, failed: 2, "no room"))
        #expect(failure.exitCode == 75)
        #expect(
            failure.message
                == "bbb2 is being evacuated: order 7 is not finished, 3 moved so far, 2 tries failed (no room)")
        #expect(failure.remedy == "It goes on. See: plenary server show bbb2")
    }

    @Test func `an order that nobody can carry out is told as such`() throws {
        let failure = try fault(report(.open, .nobodyServes, moved: 0))
        #expect(failure.exitCode == 75 && failure.message.contains("no serve is running"))
        #expect(failure.remedy.contains("plenary serve") && !failure.message.contains("is evacuated"))
    }

    @Test func `who does not want to wait has what he wanted, and no more is said`() throws {
        let line = try report(.open, .notWanted, moved: 0).get()
        #expect(line.hasPrefix("bbb2 is being evacuated: order 7 is written down"))
    }

    @Test(arguments: [OrderOutcome.Wait.over, .notWanted]) func `what is done is told as done`(
        wait: OrderOutcome.Wait
    ) throws {
        let line = try report(.done, wait, "the server is empty").get()
        #expect(line == "bbb2 is evacuated: the server is empty. See: plenary server show bbb2")
    }

    @Test(arguments: [Order.State.failed, .cancelled]) func `what failed or was cancelled is a failure`(
        state: Order.State
    ) throws {
        let failure = try fault(report(state, .over, "so it is"))
        #expect(failure.exitCode == 1 && failure.message.hasSuffix("so it is"))
        #expect(!failure.message.contains("is evacuated"))
    }
}
