import ArgumentParser
import Operations
import PropertyGraph
import Shop
import Testing
import Time

@testable import foretwin

/// Errors of libraries as the command line reports them.
@Suite struct FailureTests {
    @Test(arguments: [
        (OperationError.noEvents, "The store has no events. Run 'foretwin ingest' first."),
        (
            .unknownOutcome(newest: Timestamp(seconds: 1_772_359_200), days: 28),
            "The newest event is of 2026-03-01T10:00:00Z, so nobody knows yet what comes within "
                + "28 days of --origin. Use an earlier one, or a shorter --horizon."
        ),
        (.noUsableEvent(path: "a.csv"), "a.csv has no event that can be used."),
    ])
    func anOperationThatCannotBeDoneIsWrongUsage(error: OperationError, message: String) {
        #expect(Foretwin.message(for: error.usageError) == message)
        #expect(Foretwin.exitCode(for: error.usageError) == .validationFailure)
    }

    @Test func eachKindOfErrorHasItsExitCode() {
        #expect(CommandFailure.code(of: CommandFailure("a")) == 1)
        #expect(CommandFailure.code(of: CommandFailure("a", code: 66)) == 66)
        #expect(CommandFailure.code(of: TwinsError(.notFound, "a")) == 66)
        #expect(CommandFailure.code(of: TwinsError(.corrupt, "a")) == 65)
        #expect(CommandFailure.code(of: TwinsError(.key, "a")) == nil)
        #expect(CommandFailure.code(of: ValidationError("a")) == nil)
    }
}
