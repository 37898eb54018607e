import ArgumentParser
import Foundation
import Kernels
import Learning
import Operations
import Prediction
import Simulation
import SyntheticShop
import Time
import TwinStorage

extension BenchCommand {
    /// `foretwin-bench what-if-trials`.
    struct WhatIfTrialsWork: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "what-if-trials",
            abstract: "Compare what-if answers about a synthetic shop with the truth.",
            discussion: """
                Makes a shop and its store, calibrates by a back-test, asks questions about prices \
                and rain in turn, and prints each answer with the true change. Nine in ten \
                intervals should contain the true change.
                """)

        @Option(help: "The number of questions.")
        var count = 20

        @Option(help: "The number of customers of the shop.")
        var customers = 2_000

        @Option(help: "The seed of the shop, the training and the questions.")
        var seed: UInt64 = 7

        @Option(help: "The number of paths of each customer in the back-test.")
        var paths = 200

        @Option(help: "The number of calibration origins of the back-test, a week apart.")
        var calibrations = 3

        @Option(help: "The length of vectors and of the state.")
        var width = 64

        @Option(help: "The greatest number of passes of the LSTM over the events.")
        var epochs = 30

        @Option(help: "The number of threads; it does not change the result.")
        var threads = ProcessInfo.processInfo.activeProcessorCount

        @Option(
            help: ArgumentHelp("Also write the trials to this file, as JSON.", valueName: "file"))
        var json: String?

        func validate() throws {
            guard (1...1000).contains(count) else {
                throw ValidationError("--count must be from 1 to 1000.")
            }
            guard customers >= 1 else { throw ValidationError("--customers must be 1 or more.") }
            guard (1...SimulationSettings.pathLimit).contains(paths) else {
                throw ValidationError("--paths must be from 1 to \(SimulationSettings.pathLimit).")
            }
            guard (1...52).contains(calibrations) else {
                throw ValidationError("--calibrations must be from 1 to 52.")
            }
            guard (1...1024).contains(threads) else {
                throw ValidationError("--threads must be from 1 to 1024.")
            }
        }

        func run() throws {
            let folder = FileManager.default.temporaryDirectory
                .appending(path: "foretwin-bench-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let shop = try ShopGenerator(.init(customers: customers, seed: seed))
            let store = try SyntheticStore.make(
                shop, in: folder.path, environment: ProcessInfo.processInfo.environment
            ) { Self.show($0) }
            let configuration = TrainingConfiguration(
                seed: seed, width: width, epochs: epochs, threads: threads)
            var settings = BacktestRun.Settings(
                configuration: configuration, horizons: [7 * 86_400, 28 * 86_400])
            settings.paths = paths
            settings.calibrations = calibrations
            let outcome = try BacktestRun(store, of: shop, settings: settings)
                .run { Self.show($0) }
            let trials = try WhatIfTrials(
                shop: shop, store: store, model: outcome.model,
                demandError: outcome.calibration.demandError, origin: outcome.origin.seconds,
                seed: seed, threads: threads
            ).run(count) { Self.note("\($0) of \(count) questions") }
            for line in WhatIfTrials.lines(trials) { Swift.print(line) }
            if let json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
                let data = try encoder.encode(["whatIf": trials]) + Data("\n".utf8)
                try data.write(to: URL(fileURLWithPath: json))
            }
        }

        /// Prints the name of each finished stage.
        private static func show(_ progress: OperationProgress) {
            if progress.finding != nil { note("\(progress.stage)") }
        }

        private static func note(_ text: String) {
            FileHandle.standardError.write(Data("what-if-trials: \(text)\n".utf8))
        }
    }
}
