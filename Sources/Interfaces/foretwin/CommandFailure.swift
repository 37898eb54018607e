import ArgumentParser
import Foundation
import Operations
import Prediction
import PropertyGraph
import Shop
import TextFiles
import Time

/// An error that a command reports in one line, with the exit code that goes with it.
struct CommandFailure: Error, CustomStringConvertible {
    /// Something went wrong.
    static let general: Int32 = 1
    /// The store's file is damaged (EX_DATAERR).
    static let damaged: Int32 = 65
    /// There is no such store or file (EX_NOINPUT).
    static let missing: Int32 = 66
    /// The disk failed to read or write (EX_IOERR).
    static let disk: Int32 = 74
    /// Another process has the store open, trains into the same folder or writes the same file
    /// (EX_TEMPFAIL): trying again later may help.
    static let inUse: Int32 = 75

    let description: String
    let code: Int32

    init(_ description: String, code: Int32 = general) {
        self.description = description
        self.code = code
    }

    /// The exit code that goes with an error; `nil` if the parser of arguments knows better.
    static func code(of error: any Error) -> Int32? {
        if let failure = error as? CommandFailure { return failure.code }
        if (error as? PredictionError)?.code == .inUse { return inUse }
        switch (error as? FileError)?.code {
        case .inUse: return inUse
        case .system(EIO): return disk
        default: break
        }
        switch (error as? TwinsError)?.code {
        case .notFound: return missing
        case .corrupt: return damaged
        default: break
        }
        return switch GraphStore.failure(error) {
        case .inUse: inUse
        case .damaged: damaged
        case .disk: disk
        case .full, nil: nil
        }
    }

    /// Ends the process because of an error, as the parser of arguments does, but with that code.
    static func exit(because error: any Error) -> Never {
        if let code = code(of: error) {
            warn("Error: \(Advice.text(error))")
            Foundation.exit(code)
        }
        let usage = (error as? OperationError)?.usageError
        let shown = usage ?? Advice.advised(error).map { CommandFailure($0) } ?? error
        let code = Foretwin.exitCode(for: shown)
        guard !code.isSuccess else { Foretwin.exit(withError: shown) }
        // The parser would print what was typed as it is.
        let message = Foretwin.fullMessage(for: shown)
        if !message.isEmpty { warn(message) }
        Foundation.exit(code.rawValue)
    }

    /// Makes damage that LMDB trips over end the process with a sentence.
    static func exitOnCorruption() {
        // The process that verifies leaves the word "Error" to the one that started it.
        let isInner = CommandLine.arguments.dropFirst().prefix(2) == ["verify", "--inner"]
        GraphStore.exitOnCorruption(
            code: damaged,
            message: (isInner ? "" : "Error: ")
                + "The store's file is damaged, or its disk cannot be read. Look at it with "
                + "'foretwin verify', and restore a backup.")
    }
}

extension OperationError {
    /// The same error with advice in terms of commands and options.
    var usageError: ValidationError {
        switch self {
        case .noEvents:
            ValidationError("The store has no events. Run 'foretwin ingest' first.")
        case .unknownOutcome(let newest, let days):
            ValidationError(
                "The newest event is of \(newest.iso8601), so the outcome within \(days) days of "
                    + "--origin is not known yet. Use an earlier one, or a shorter --horizon.")
        case .noUsableEvent: ValidationError(description)
        }
    }
}
