import ArgumentParser
import Foundation
import Learning
import Prediction

/// How training is done: the defaults, then a file of settings, then the other options.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Decides every random choice; the same seed gives the same model. (default: 7)")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Numbers in an item's vector and in the LSTM's state; a multiple of 8. (default: 64)"))
    var width: Int?

    @Option(
        help: ArgumentHelp(
            "Passes of the LSTM over the events at most; it stops early when it is done. "
                + "(default: 30)"))
    var epochs: Int?

    @Option(help: "Threads; the result does not depend on it. (default: one a processor)")
    var threads: Int?

    @Option(
        name: .customLong("minimum-item-count"),
        help: "Items with fewer events than this are not learned. (default: 2)")
    var minimumItemCount: Int?

    @Option(
        help: ArgumentHelp(
            "Settings as JSON, in the form of a model's config.json under \"training\"; what it "
                + "leaves out has its default, and other options go before it.",
            valueName: "file"))
    var config: String?

    /// The settings that the options make.
    func configuration() throws -> TrainingConfiguration {
        var configuration = TrainingConfiguration(
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        if let config {
            guard let data = FileManager.default.contents(atPath: config) else {
                throw ValidationError("The settings \(config) cannot be read. Check the path.")
            }
            do {
                configuration = try configuration.replacing(with: data)
            } catch {
                throw ValidationError("The settings \(config) are not right: \(error)")
            }
        }
        if let seed { configuration.seed(with: seed) }
        if let width {
            configuration.embeddings.dimensions = width
            configuration.sequence.width = width
        }
        if let epochs { configuration.sequence.epochs = epochs }
        if let threads {
            configuration.embeddings.threads = threads
            configuration.sequence.threads = threads
        }
        if let minimumItemCount { configuration.minimumItemCount = minimumItemCount }
        return configuration
    }
}
