import ArgumentParser
import Foundation
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

        func run(
            _ settings: EvaluationSettings,
            _ evaluate: (Evaluation, [Event], [Event]) throws -> EvaluationResult
        ) throws {
            let progress = ProgressBar()
            let start = ContinuousClock.now
            let trainEvents = try EvaluateCommand.events(train, progress)
            let testEvents = try EvaluateCommand.events(test, progress)
            let (whole, part) = (ContinuousClock.now - start).components
            let evaluation = try Evaluation(settings, progress: { progress.show($0) })
            var result = try evaluate(evaluation, trainEvents, testEvents)
            progress.finish("done")
            result.seconds["ingest"] = Double(whole) + Double(part) / 1e18
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
            try options.run(settings) { try $0.nextBasket(training: $1, test: $2) }
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
            try options.run(settings) { try $0.nextEvent(training: $1, test: $2) }
        }
    }

    private static func events(_ path: String, _ progress: ProgressBar) throws -> [Event] {
        var reader = try EventReader(path: path)
        var events: [Event] = []
        var rejected = 0
        while let line = try reader.next() {
            switch line {
            case .event(let event, _): events.append(event)
            case .rejected: rejected += 1
            }
            if events.count.isMultiple(of: 20_000) {
                progress.show(
                    "read", fraction: reader.fractionRead, detail: "\(grouped(events.count)) events"
                )
            }
        }
        progress.finish("\(grouped(events.count)) events of \(path), \(rejected) rejected")
        guard !events.isEmpty else {
            throw ValidationError("\(path) has no event that can be used.")
        }
        return events
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
