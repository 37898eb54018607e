import ArgumentParser
import Foundation
import Operations
public import Prediction
import Shop
import ShopFormats
import TextFiles

/// `foretwin evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Compare predictions with what happened, on two files of your own.",
        discussion: """
            Learns from --train alone and ranks for --test; nothing of --test is read before. \
            Repeat with other values of --method to see what each part adds.
            """,
        subcommands: [NextBasket.self, NextEvent.self])

    /// Options of both protocols.
    struct Options: ParsableArguments {
        @Option(help: ArgumentHelp("Events to learn from.", valueName: "file"))
        var train: String

        @Option(help: ArgumentHelp("Events to predict.", valueName: "file"))
        var test: String

        @Option(help: ArgumentHelp("Lengths of the list.", valueName: "n,n"))
        var k: String?

        @Option(help: "How to rank.")
        var method = EvaluationMethod.full

        @Option(help: ArgumentHelp("Also write the result there, as JSON.", valueName: "file"))
        var json: String?

        @OptionGroup var training: TrainingOptions

        func lengths(default lengths: [Int]) throws -> [Int] {
            guard let k else { return lengths }
            let parts = k.split(separator: ",")
            let numbers = parts.compactMap { Int($0) }
            guard numbers.count == parts.count, !numbers.isEmpty else {
                throw ValidationError("--k is '\(k)'. Write numbers with commas, such as 10,20.")
            }
            return numbers
        }

        func run(_ settings: EvaluationSettings, _ question: EvaluationRun.Question) throws {
            let progress = ProgressBar()
            let result = try EvaluationRun(
                training: train, test: test, question: question, settings: settings
            ).run { progress.show($0) }
            printLines(EvaluateCommand.lines(result, settings.lengths))
            if let json { try EvaluateCommand.write(result, to: json) }
        }
    }

    /// `foretwin evaluate next-basket`.
    struct NextBasket: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "next-basket",
            abstract: "Predict each customer's next basket; --test holds one basket a customer.")

        @OptionGroup var options: Options

        @Option(
            name: .customLong("ndcg-ideal"),
            help: "nDCG's ideal list: the full basket, or cut at the length of the list.")
        var ideal = Ideal.full

        enum Ideal: String, ExpressibleByArgument, CaseIterable {
            case full
            case cut
        }

        func run() throws {
            let settings = EvaluationSettings(
                method: options.method, lengths: try options.lengths(default: [10, 20]),
                cutsIdeal: ideal == .cut, training: try options.training.configuration())
            try options.run(settings, .nextBasket)
        }
    }

    /// `foretwin evaluate next-event`.
    struct NextEvent: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "next-event",
            abstract: "Predict each next event of sessions that were never seen.")

        @OptionGroup var options: Options

        @Option(
            name: .customLong("min-prefix"),
            help: "Events that must be known before the one to predict.")
        var minimumPrefix = 1

        func run() throws {
            let settings = EvaluationSettings(
                method: options.method, lengths: try options.lengths(default: [5, 10, 20]),
                minimumPrefix: minimumPrefix, training: try options.training.configuration())
            try options.run(settings, .nextEvent)
        }
    }

    private static func lines(_ result: EvaluationResult, _ lengths: [Int]) -> [String] {
        func figure(_ values: [String: Double]?, _ length: Int) -> String {
            guard let value = values?["\(length)"] else { return "" }
            return String(format: "%.4f", value)
        }
        let isBasket = result.recall != nil
        var table =
            isBasket
            ? Table("#k", "#recall", "#nDCG", "#PHR") : Table("#k", "#hit rate", "#MRR", "#nDCG")
        for length in lengths {
            if isBasket {
                table.add(
                    "\(length)", figure(result.recall, length), figure(result.ndcg, length),
                    figure(result.phr, length))
            } else {
                table.add(
                    "\(length)", figure(result.hitRate, length), figure(result.mrr, length),
                    figure(result.ndcg, length))
            }
        }
        let stages = result.seconds.sorted { $0.value > $1.value }
            .map { "\($0.key) \(duration($0.value))" }
        return [
            "\(result.protocol), method \(result.method.rawValue): \(grouped(result.examples)) "
                + "examples, \(grouped(result.items)) items ranked", "",
        ] + table.lines() + ["", "time: " + stages.joined(separator: ", ")]
    }

    private static func write(_ result: EvaluationResult, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(result) + Data("\n".utf8), to: path)
    }
}

extension EvaluationMethod: ExpressibleByArgument {}
