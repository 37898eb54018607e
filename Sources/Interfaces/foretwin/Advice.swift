import Prediction
import PropertyGraph
import Shop
import Simulation
import StoreAdmin

/// Advice as commands and options.
///
/// Errors of libraries name neither.
enum Advice {
    /// The text of an error.
    ///
    /// The step that resolves it is given as a command or an option.
    static func text(_ error: any Error) -> String { advised(error) ?? "\(error)" }

    /// The same text; `nil` if the error has no step that is a command or an option.
    static func advised(_ error: any Error) -> String? {
        switch error {
        case let error as TwinsError: joined(error.problem, error.remedy)
        case let error as PredictionError: joined(error.problem, error.remedy)
        case let error as FuturesError: joined(error.problem, error.remedy)
        case let error as GraphError: joined(error)
        default: nil
        }
    }

    /// The report of a verification, with the command that restores a backup.
    static func advised(_ report: VerificationReport) -> VerificationReport {
        var report = report
        for index in report.findings.indices
        where report.findings[index].advice == VerificationReport.restore {
            report.findings[index].advice =
                "Restore a backup: foretwin restore BACKUP --store DIR --replace"
        }
        return report
    }

    private static func joined(_ problem: String, _ remedy: Remedy?) -> String? {
        remedy.map { "\(problem) \(text($0))" }
    }

    private static func joined(_ error: GraphError) -> String? {
        guard error.code == .olderStore, let path = error.path else { return nil }
        return "\(error.problem) Run: foretwin migrate --store \(path)"
    }

    private static func text(_ remedy: Remedy) -> String {
        switch remedy {
        case .nameStore: "Give --store."
        case .nameKey: "Give --key."
        case .giveStoreKey:
            "Give the key file that it was made with (--key), or set FORETWIN_KEY."
        case .replaceStore(let kept):
            "Give --replace, which keeps what is there as \(kept), or another --store."
        case .train: "Run 'foretwin train' first."
        case .nameVersion: "Name one: foretwin models promote VERSION."
        case .addFeeds(let feeds):
            "Add \(feeds) with 'foretwin context add', and train again."
        case .shortenHorizon: "Use a shorter --horizon."
        case .giveSameHorizon: "Compare runs of the same --horizon."
        case .morePaths: "Use more --paths."
        case .fewerPaths: "Use fewer --paths, or simulate in parts with --shard."
        case .giveForecasts: "Give a file of 'foretwin simulate --all'."
        case .nameFeedKind: "Name the kind: --kind."
        }
    }
}
