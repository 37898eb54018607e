import ArgumentParser
import Backtesting
import Foundation
import Kernels
import Learning
import Operations
import Prediction
import Reports
import Simulation
import SyntheticShop
import Time
import TwinStorage

/// `foretwin backtest`.
struct BacktestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Forecast from a time in the past, and compare with what happened.",
        discussion: """
            Trains one model on the data before the first calibration origin. Its forecasts from \
            each calibration origin fit the calibration. Trains a second model on the data before \
            the origin, forecasts the purchases of each customer, and compares them with the data \
            after the origin. Prints calibration (ECE, Brier score, reliability), whether numbers \
            of purchases and times to the next one are uniform in their forecast distributions \
            (PIT), and how similar paths are to real histories.

            --synthetic uses a made-up shop, whose true probabilities are known and compared too.
            """)

    @Flag(help: "Use a made-up shop instead of a store.")
    var synthetic = false

    @Option(
        help: ArgumentHelp(
            "The number of customers, chosen by the seed; with --synthetic the customers of the "
                + "shop. (default: all of a store, 2000 of a made-up shop)"))
    var customers: Int?

    @Option(
        help: ArgumentHelp(
            "The time to forecast from. (default: the longest horizon before the newest event)",
            valueName: "time"))
    var origin: String?

    @Option(help: ArgumentHelp("The horizons.", valueName: "7d,28d"))
    var horizon = "7d,28d"

    @Option(help: "The number of paths of each customer.")
    var paths = 200

    @Option(
        help: ArgumentHelp(
            "The number of calibration origins, a week apart. The last one is the longest horizon "
                + "before the origin. The first model is trained until the first one.",
            valueName: "n"))
    var calibrations = 3

    @Option(help: ArgumentHelp("Also write the result to this file, as JSON.", valueName: "file"))
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Also write the result to this file, as an HTML page.", valueName: "file"))
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
        let shop = try ShopGenerator(.init(customers: customers ?? 2_000, seed: seed))
        let store = try SyntheticStore.make(
            shop, in: folder.path, environment: ProcessInfo.processInfo.environment
        ) { progress.show($0) }
        try run(store, of: shop, configuration, progress)
    }

    /// Back-tests a store; `shop` is its synthetic shop, if it has one.
    private func run(
        _ store: TwinStore, of shop: ShopGenerator? = nil,
        _ configuration: TrainingConfiguration, _ progress: ProgressBar
    ) throws {
        var settings = BacktestRun.Settings(
            configuration: configuration, horizons: try horizons())
        settings.paths = paths
        settings.calibrations = calibrations
        settings.customers = customers
        settings.origin = origin.flatMap { Timestamp(text: $0)?.seconds }
        let outcome = try BacktestRun(store, of: shop, settings: settings)
            .run { progress.show($0) }
        let report = outcome.report
        printLines(Self.lines(report, origin: outcome.origin))
        if let json { try writeText(jsonText(document(report)) + "\n", to: json) }
        if let html {
            try writeText(BacktestPage(report, origin: outcome.origin).html(), to: html)
        }
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
}

// MARK: - What is printed

extension BacktestCommand {
    /// The result as text.
    static func lines(_ report: BacktestReport, origin: Timestamp) -> [String] {
        var lines = [
            "\(grouped(report.customers)) customers, forecasts from \(origin.iso8601), compared "
                + "with what happened", "",
        ]
        var scores = Table(
            "bought within", "#ECE", "#top 10", "#… by truth", "#uncalibrated", "#Brier",
            "#baseline", "#90 % coverage", "#PIT distance", "#p")
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
        lines += ["", "Reliability: forecast probability and observed frequency"]
        for window in report.windows {
            var table = Table("within \(daysText(window.days)) days", "#observed", "#forecasts")
            for bin in window.model.bins {
                table.add(percent(bin.forecast), percent(bin.happened), grouped(bin.count))
            }
            lines += table.lines(indent: 2) + [""]
        }
        let realism = report.realism
        lines += [
            "Time to the next purchase: PIT distance \(decimals(report.next.distance, 3)), "
                + "p \(decimals(report.next.p, 3))",
            "Baseline: the Brier score of the customers' own frequencies",
            "Events per customer: \(decimals(realism.simulatedEvents, 1)) simulated, "
                + "\(decimals(realism.realEvents, 1)) real",
            "Events with a known item: \(percent(realism.simulatedRepeats)) simulated, "
                + "\(percent(realism.realRepeats)) real",
            "Total variation distance of simulated and real distributions: "
                + realism.distances.sorted { $0.key < $1.key }
                .map { "\($0.key.replacing("_", with: " ")) \(decimals($0.value, 3))" }.joined(
                    separator: ", "),
        ]
        return lines
    }

    private static func daysText(_ days: Double) -> String {
        days == days.rounded() ? "\(Int(days))" : "\(days)"
    }

    /// The result as JSON.
    private struct Document: Encodable {
        struct Brier: Encodable {
            var calibrated: Double
            var uncalibrated: Double
            /// Of the customers' own frequencies.
            var baseline: Double
        }
        struct PIT: Encodable {
            /// The smallest p-value of all tests.
            var minimumP: Double
            var purchaseCount: [String: KolmogorovSmirnovTest]
            var timeToNext: KolmogorovSmirnovTest
        }
        var customers: Int
        var ece: [String: Double]
        var coverage: [String: Double]
        var brier: [String: Brier]
        var pit: PIT
        var reliability: [String: ReliabilityJSON]
        var realism: BacktestReport.Realism
    }

    private func document(_ report: BacktestReport) -> Document {
        func byHorizon<Value>(
            _ value: (BacktestReport.Window) -> Value
        ) -> [String: Value] {
            Dictionary(
                report.windows.map { (Self.daysText($0.days) + "d", value($0)) }
            ) { first, _ in first }
        }
        var ece = byHorizon(\.model.ece)
        ece["top_10"] = report.windows.map(\.top10.ece).max() ?? 0
        ece["top_10_by_truth"] = report.windows.compactMap(\.top10Truth?.ece).max()
        let count = byHorizon(\.count)
        let p = ([report.next.p] + count.values.map(\.p)).min() ?? 1
        return Document(
            customers: report.customers, ece: ece,
            coverage: ["90": report.windows.last?.coverage90 ?? 0],
            brier: byHorizon {
                .init(
                    calibrated: $0.model.brier, uncalibrated: $0.uncalibrated.brier,
                    baseline: $0.frequency.brier)
            }, pit: .init(minimumP: p, purchaseCount: count, timeToNext: report.next),
            reliability: byHorizon { ReliabilityJSON($0.model) }, realism: report.realism)
    }
}
