import ArgumentParser
import Backtesting
import Foundation
import Kernels
import Learning
import Prediction
import PropertyGraph
import Reports
import Shop
import Simulation
import SyntheticShop
import TextFiles
import Time
import TwinStorage

/// `foretwin backtest`.
struct BacktestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Go back in time, foresee what is known by now, and compare.",
        discussion: """
            Trains a model on what was known some time before the origin and asks it at some \
            moments a week apart, whose outcome was known at the origin: that fits the \
            calibration. Then trains a model at the origin and asks what each customer would buy. Tells how well probabilities agree with what \
            happened (ECE, Brier score, reliability), whether numbers of purchases and times to \
            the next one fall evenly among the simulated ones (PIT), and how real the paths look.

            --synthetic does so with a made-up shop, whose customers' true probabilities are known \
            and compared with too.
            """)

    @Flag(help: "Use a made-up shop instead of a store.")
    var synthetic = false

    @Option(
        help: ArgumentHelp(
            "How many customers to ask about at most, chosen by the seed; with --synthetic the "
                + "customers of the shop. (default: all of a store, 2000 of a made-up shop)"))
    var customers: Int?

    @Option(
        help: ArgumentHelp(
            "The moment to foresee from; the longest horizon before the newest event unless given.",
            valueName: "time"))
    var origin: String?

    @Option(help: ArgumentHelp("How far to look.", valueName: "7d,28d"))
    var horizon = "7d,28d"

    @Option(help: "How many futures of each customer to simulate.")
    var paths = 200

    @Option(
        help: ArgumentHelp(
            "At how many moments, a week apart, to calibrate. The last of them is the longest "
                + "horizon before the origin, and training ends at the first.",
            valueName: "n"))
    var calibrations = 3

    @Option(
        name: .customLong("what-if"),
        help: ArgumentHelp(
            "With --synthetic, also ask so many what-if questions, about prices and rain in turn, "
                + "and compare the answers with the truth.", valueName: "n"))
    var whatIf = 0

    @Option(help: ArgumentHelp("Also write the result there, as JSON.", valueName: "file"))
    var json: String?

    @Option(
        help: ArgumentHelp("Also write a page about the result there.", valueName: "file"))
    var html: String?

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var training: TrainingOptions

    func validate() throws {
        _ = try horizons()
        guard (1...SimulationSettings.pathLimit).contains(paths) else {
            throw ValidationError("--paths must be from 1 to \(SimulationSettings.pathLimit).")
        }
        guard (1...52).contains(calibrations) else {
            throw ValidationError("--calibrations must be from 1 to 52.")
        }
        guard customers ?? 1 >= 1 else {
            throw ValidationError("--customers must be 1 or more.")
        }
        guard (0...1000).contains(whatIf), whatIf == 0 || synthetic else {
            throw ValidationError("--what-if is for --synthetic, and from 0 to 1000.")
        }
        guard origin == nil || !synthetic else {
            throw ValidationError("--origin is for a store; a made-up shop has its own.")
        }
        if let origin, Timestamp(text: origin) == nil {
            throw ValidationError(
                "--origin is '\(origin.prefix(40))'. Use a time such as 2026-03-01.")
        }
    }

    func run() throws {
        let progress = ProgressBar()
        let configuration = try training.configuration()
        guard synthetic else {
            return try run(try storeOptions.open(), configuration, progress)
        }
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-backtest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let seed = training.seed ?? 7
        let shop = try SyntheticShop(.init(customers: customers ?? 2_000, seed: seed))
        let store = try DemoCommand.generate(shop, in: folder.path, progress)
        try run(store, of: shop, configuration, progress)
    }

    /// Back-tests a store; `shop` is what it was made from, if it is made up.
    private func run(
        _ store: TwinStore, of shop: SyntheticShop? = nil,
        _ configuration: TrainingConfiguration, _ progress: ProgressBar
    ) throws {
        let horizons = try horizons()
        guard let newest = try store.newestEvent(), let longest = horizons.last else {
            throw ValidationError("The store has no events. Run 'foretwin ingest' first.")
        }
        let asked = origin.flatMap { Timestamp(text: $0)?.seconds }
        // A made-up shop is asked on the eve of a whole day, to its end.
        let origin =
            shop.map { $0.configuration.end - (longest + 86_399) / 86_400 * 86_400 - 1 }
            ?? asked ?? newest.seconds - longest
        guard shop != nil || origin + longest <= newest.seconds else {
            throw ValidationError(
                "The newest event is of \(newest.iso8601), so nobody knows yet what comes within "
                    + "\(longest / 86_400) days of --origin. Use an earlier one, or a shorter "
                    + "--horizon.")
        }
        let settings = BacktestSettings(
            horizons: horizons, types: [EventType.purchase.rawValue], paths: paths,
            seed: configuration.seed, threads: configuration.sequence.threads)
        let backtest = try RollingBacktest(
            store, at: .init(origin: origin, longest: longest, calibrations: calibrations),
            settings: settings, configuration: configuration)
        let models = try backtest.models { progress.show($1, before: "model \($0): ") }
        progress.finish("done")
        var people = try people(backtest, models, store, of: shop)
        if let shop {
            progress.show("truth", fraction: nil, detail: "the customers, lived many times")
            try tellTruth(
                of: shop, at: origin, horizons, models.last, threads: settings.threads,
                to: &people.last)
            progress.finish("done")
        }
        let result = try backtest.result(models, people) { progress.show($0, of: $1) }
        progress.finish("done")
        let report = result.report
        let trials = try shop.map {
            try whatIfTrials(
                WhatIfTrials(
                    shop: $0, store: store, model: models.last,
                    demandError: result.calibration.demandError, origin: origin,
                    seed: configuration.seed, threads: settings.threads), progress)
        }
        printLines(Self.lines(report, origin: Timestamp(seconds: origin)))
        if let trials, !trials.isEmpty { printLines([""] + Self.lines(trials)) }
        if let json { try Self.write(document(report, trials ?? []), to: json) }
        if let html {
            let page = BacktestPage(report, origin: Timestamp(seconds: origin))
            try writeText(page.html(), to: html)
        }
    }

    private func whatIfTrials(
        _ trials: WhatIfTrials, _ progress: ProgressBar
    ) throws -> [WhatIfTrials.Trial] {
        guard whatIf > 0 else { return [] }
        progress.show("what if", fraction: 0, detail: "")
        let done = try trials.run(whatIf) { done in
            progress.show(
                "what if", fraction: Double(done) / Double(whatIf),
                detail: "\(done) of \(whatIf) questions")
        }
        progress.finish("\(done.count) questions")
        return done
    }

    /// The horizons in seconds, shortest first.
    private func horizons() throws -> [Int64] {
        let days = horizon.split(separator: ",").map { part in
            Double(part.hasSuffix("d") ? part.dropLast() : part)
        }
        let allowed = 0.001...366
        guard !days.isEmpty, days.allSatisfy({ $0.map(allowed.contains) ?? false }) else {
            throw ValidationError(
                "--horizon is '\(horizon.prefix(40))'. Write days with commas, such as 7d,28d; "
                    + "from 0.001 to 366.")
        }
        return Set(days.compactMap { $0.map { Int64($0 * 86_400) } }).sorted()
    }

    /// The customers that are asked about, at each of the moments.
    private func people(
        _ backtest: RollingBacktest, _ models: RollingBacktest.Models, _ store: TwinStore,
        of shop: SyntheticShop?
    ) throws -> RollingBacktest.People {
        guard let shop else { return try backtest.people(models, count: customers) }
        return try backtest.people(
            models,
            of: shop.truth.customers.map { customer in
                try store.twinGraph(userID: customer.userID).map { Int($0.rawValue) - 1 }
            })
    }

    /// Adds what is true of each of a shop's customers, if the horizons are whole days.
    private func tellTruth(
        of shop: SyntheticShop, at origin: Int64, _ horizons: [Int64], _ model: PredictionModel,
        threads: Int, to people: inout [Hindsight]
    ) throws {
        guard horizons.allSatisfy({ $0.isMultiple(of: 86_400) }) else { return }
        let day = Int((origin + 1 - shop.configuration.start.seconds) / 86_400)
        let propensities = try shop.purchasePropensities(
            from: day, within: horizons.map { Int($0 / 86_400) },
            threads: threads)
        let itemIDs = model.catalogue.itemIDs
        for customer in people.indices {
            people[customer].truth = { item, seconds in
                guard let horizon = horizons.firstIndex(of: seconds) else { return nil }
                return propensities.probability(
                    of: itemIDs[Int(item)], customer: customer, horizon: horizon)
            }
        }
    }
}

// MARK: - What is printed

extension BacktestCommand {
    /// What a person wants to know of a back-test.
    static func lines(_ report: BacktestReport, origin: Timestamp) -> [String] {
        let people = "\(grouped(report.customers)) customers"
        var lines = ["\(people), foreseen from \(origin.iso8601) and compared with what came", ""]
        var scores = Table(
            "bought within", "#ECE", "#top 10", "#… by truth", "#uncalibrated", "#Brier",
            "#own frequency",
            "#in 90 % interval", "#PIT distance", "#p")
        for window in report.windows {
            scores.add(
                "\(daysText(window.days)) days", decimals(window.model.ece, 3),
                decimals(window.top10.ece, 3),
                window.top10Truth.map { decimals($0.ece, 3) } ?? "–",
                decimals(window.uncalibrated.ece, 3),
                decimals(window.model.brier, 4), decimals(window.frequency.brier, 4),
                percent(window.coverage90), decimals(window.count.distance, 3),
                decimals(window.count.p, 3))
        }
        lines += scores.lines()
        lines += ["", "How often what was foreseen happened"]
        for window in report.windows {
            var table = Table("within \(daysText(window.days)) days", "#happened", "#forecasts")
            for bin in window.model.bins {
                table.add(percent(bin.forecast), percent(bin.happened), grouped(bin.count))
            }
            lines += table.lines(indent: 2) + [""]
        }
        let realism = report.realism
        lines += [
            "Time to the next purchase: PIT distance \(decimals(report.next.distance, 3)), "
                + "p \(decimals(report.next.p, 3))",
            "Events of a customer: \(decimals(realism.simulatedEvents, 1)) simulated, "
                + "\(decimals(realism.realEvents, 1)) real",
            "With an item met before: \(percent(realism.simulatedRepeats)) simulated, "
                + "\(percent(realism.realRepeats)) real",
            "Distance of simulated and real distributions: "
                + realism.distances.sorted { $0.key < $1.key }
                .map { "\($0.key) \(decimals($0.value, 3))" }.joined(separator: ", "),
        ]
        return lines
    }

    private static func daysText(_ days: Double) -> String {
        days == days.rounded() ? "\(Int(days))" : "\(days)"
    }

    /// The result in the form that others read.
    private struct Document: Encodable {
        struct Brier: Encodable {
            var model: Double
            var uncalibrated: Double
            var frequency: Double
        }
        struct PIT: Encodable {
            /// The least of all.
            var p: Double
            var count: [String: Uniformity]
            var next: Uniformity
        }
        var customers: Int
        var ece: [String: Double]
        var coverage: [String: Double]
        var brier: [String: Brier]
        var pit: PIT
        var reliability: [String: Reliability]
        var realism: BacktestReport.Realism
        var whatIf: [WhatIfTrials.Trial]
    }

    /// What-if questions and how many of their intervals hold the truth.
    static func lines(_ trials: [WhatIfTrials.Trial]) -> [String] {
        var table = Table(
            "what if", "#bought", "#in truth", "#change", "#90 % interval", "#in truth", "holds")
        for trial in trials {
            table.add(
                trial.question, decimals(trial.usual, 1), decimals(trial.trueUsual, 1),
                decimals(trial.change, 2),
                "\(decimals(trial.interval[0], 2)) to \(decimals(trial.interval[1], 2))",
                decimals(trial.trueChange, 2), trial.holds ? "yes" : "no")
        }
        let held = trials.count(where: \.holds)
        return table.lines() + [
            "", "\(held) of \(trials.count) intervals that are to hold the truth in 90 % do.",
        ]
    }

    private static func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(value) + Data("\n".utf8), to: path)
    }

    private func document(
        _ report: BacktestReport, _ trials: [WhatIfTrials.Trial]
    ) -> Document {
        func byHorizon<Value>(
            _ value: (BacktestReport.Window) -> Value
        ) -> [String: Value] {
            Dictionary(
                report.windows.map { (Self.daysText($0.days) + "d", value($0)) }
            ) { first, _ in first }
        }
        var ece = byHorizon(\.model.ece)
        ece["top10"] = report.windows.map(\.top10.ece).max() ?? 0
        ece["top10Truth"] = report.windows.compactMap(\.top10Truth?.ece).max()
        let count = byHorizon(\.count)
        let p = ([report.next.p] + count.values.map(\.p)).min() ?? 1
        return Document(
            customers: report.customers, ece: ece,
            coverage: ["90": report.windows.last?.coverage90 ?? 0],
            brier: byHorizon {
                .init(
                    model: $0.model.brier, uncalibrated: $0.uncalibrated.brier,
                    frequency: $0.frequency.brier)
            }, pit: .init(p: p, count: count, next: report.next),
            reliability: byHorizon(\.model), realism: report.realism, whatIf: trials)
    }
}
