import ArgumentParser
import Foundation
import Learning
import Prediction
import Shop
import Simulation
import SyntheticShop

extension BenchCommand {
    /// `foretwin-bench futures`.
    struct FuturesWork: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "futures",
            abstract: "Measure simulation; prints one line of JSON.")

        /// The phase.
        enum Phase: String, ExpressibleByArgument, CaseIterable {
            case train, simulate
        }

        @Option(help: "The folder of models.")
        var models: String

        @Option(help: "The number of items.")
        var items = 10_000

        @Option(help: "The number of customers of the training data.")
        var customers = 1500

        @Option(help: "The length of vectors and of the state.")
        var width = 128

        @Option(help: "The number of paths of a simulation.")
        var paths = 1000

        @Option(help: "The number of events of a path.")
        var steps = 20

        @Option(help: "The number of simulations, each of another twin.")
        var twins = 10

        @Flag(help: "Sample items from the LSTM only.")
        var sequenceOnly = false

        @Option(help: "The number of threads.")
        var threads = 2

        @Option(help: "The seed of all random numbers.")
        var seed: UInt64 = 7

        @Argument(help: "The phase to run.")
        var phase: Phase

        func run() throws {
            guard min(customers, paths, steps, twins, threads) > 0 else {
                throw ValidationError("Numbers must be 1 or more.")
            }
            let shop = ShopGenerator.Configuration(
                customers: customers, items: items, days: 90, seed: seed)
            let data = TrainingData(try ShopGenerator(shop).events(), by: \.userID)
            let registry = ModelRegistry(folder: models)
            switch phase {
            case .train:
                var configuration = TrainingConfiguration(
                    seed: seed, width: width, epochs: 1, threads: threads)
                configuration.minimumItemCount = 1
                let trained = try Trainer(configuration).train(data) { _ in }
                let version = try registry.publish(trained.model, metrics: trained.metrics)
                try registry.promote(version)
                try BenchCommand.print([
                    "items": data.catalogue.count,
                    "model": registry.folder.appending(path: version).path,
                ])
            case .simulate:
                try BenchCommand.print(try simulate(data, try registry.read().model))
            }
        }

        private func median(_ values: [Double]) -> Double {
            let sorted = values.sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }

        /// The rate of simulating twins one after the other, after one warm-up simulation.
        private func simulate(
            _ data: TrainingData, _ model: PredictionModel
        ) throws -> [String: Any] {
            let simulator = Simulator(model)
            var settings = SimulationSettings(
                horizonSeconds: SimulationSettings.horizonLimit, paths: paths, steps: steps,
                seed: seed, threads: threads)
            if sequenceOnly { settings.experts = [.sequence] }
            var events = 0
            var seconds: [Double] = []
            var errors: [Double] = []
            for twin in 0...twins {
                let history = History(data.sequences, sequence: twin % data.sequences.count)
                let started = ContinuousClock.now
                let futures = try simulator.simulate(
                    history, from: history.lastTime ?? 0, settings: settings)
                guard twin > 0 else { continue }
                seconds.append((ContinuousClock.now - started) / .seconds(1))
                errors += futures.itemHeadError.map { [$0] } ?? []
                events += (0..<futures.pathCount).reduce(0) { $0 + futures.path($1).count }
            }
            return [
                "path_steps": events, "seconds": seconds.reduce(0, +),
                "median_ms": median(seconds) * 1000,
                "item_head_error": errors.reduce(0, +) / Double(max(1, errors.count)),
            ]
        }
    }
}
