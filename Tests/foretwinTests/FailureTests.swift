import ArgumentParser
import Operations
import Prediction
import PropertyGraph
import Shop
import Simulation
import StoreAdmin
import Testing
import Time

@testable import foretwin

/// Errors of libraries as the command line reports them.
@Suite struct FailureTests {
    @Test(arguments: [
        (OperationError.noEvents, "The store has no events. Run 'foretwin ingest' first."),
        (
            .unknownOutcome(newest: Timestamp(seconds: 1_772_359_200), days: 28),
            "The newest event is of 2026-03-01T10:00:00Z, so the outcome within 28 days of "
                + "--origin is not known yet. Use an earlier one, or a shorter --horizon."
        ),
        (.noUsableEvent(path: "a.csv"), "a.csv has no event that can be used."),
    ])
    func anOperationThatCannotBeDoneIsWrongUsage(error: OperationError, message: String) {
        #expect(Foretwin.message(for: error.usageError) == message)
        #expect(Foretwin.exitCode(for: error.usageError) == .validationFailure)
    }

    @Test(arguments: [
        (Remedy.nameStore, "Give --store."),
        (.nameKey, "Give --key."),
        (
            .giveStoreKey,
            "Give the key file that it was made with (--key), or set FORETWIN_KEY."
        ),
        (
            .replaceStore(kept: "s.before"),
            "Give --replace, which keeps what is there as s.before, or another --store."
        ),
        (.train, "Run 'foretwin train' first."),
        (.nameVersion, "Name one: foretwin models promote VERSION."),
        (
            .addFeeds("earlier offers"),
            "Add earlier offers with 'foretwin context add', and train again."
        ),
        (.shortenHorizon, "Use a shorter --horizon."),
        (.giveSameHorizon, "Compare runs of the same --horizon."),
        (.morePaths, "Use more --paths."),
        (.fewerPaths, "Use fewer --paths, or simulate in parts with --shard."),
        (.giveForecasts, "Give a file of 'foretwin simulate --all'."),
        (.nameFeedKind, "Name the kind: --kind."),
    ])
    func aRemedyIsWordedAsACommand(remedy: Remedy, advice: String) {
        let errors: [any Error] = [
            TwinsError(.file, "It failed.", remedy: remedy),
            PredictionError(.data, "It failed.", remedy: remedy),
            FuturesError("It failed.", remedy: remedy),
        ]
        for error in errors {
            #expect(Advice.text(error) == "It failed. \(advice)")
            let general = "\(error)"
            #expect(general == "It failed. \(remedy)")
            #expect(!general.contains("--") && !general.contains("foretwin "))
        }
    }

    @Test func aFindingOfAVerificationNamesTheCommandThatRestores() {
        var report = VerificationReport(path: "store")
        report.add("a record is damaged")
        report.add("it is no store", advice: "Check the path.")
        #expect(
            Advice.advised(report).findings.map(\.advice) == [
                "Restore a backup: foretwin restore BACKUP --store DIR --replace",
                "Check the path.",
            ])
    }

    @Test func anErrorWithoutARemedyIsToldAsItIs() {
        #expect(Advice.text(TwinsError(.file, "It failed.")) == "It failed.")
        #expect(Advice.advised(TwinsError(.file, "It failed.")) == nil)
        #expect(Advice.text(CommandFailure("It failed.")) == "It failed.")
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
