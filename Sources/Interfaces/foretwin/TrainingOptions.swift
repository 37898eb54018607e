import ArgumentParser
import Foundation
import Learning
import Prediction

/// The settings of training.
///
/// Options override a settings file, which overrides the defaults.
struct TrainingOptions: ParsableArguments {
    @Option(
        help: "The seed of the random numbers; the same seed gives the same model. (default: 7)")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "The dimension of item vectors and of the LSTM's state; a multiple of 8. (default: 64)")
    )
    var width: Int?

    @Option(
        help: ArgumentHelp(
            "The maximum number of epochs of the LSTM; it stops early. (default: 30)"))
    var epochs: Int?

    @Option(
        help:
            "The number of threads; the result does not depend on it. (default: one per processor)")
    var threads: Int?

    @Option(
        name: .customLong("minimum-item-count"),
        help: "Items with fewer events than this are left out. (default: 2)")
    var minimumItemCount: Int?

    @Option(
        help: ArgumentHelp(
            "Settings as JSON, in the form of \"training\" in a model's config.json. Missing "
                + "settings have their defaults, and other options override the file.",
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
                throw ValidationError("The settings \(config) are not valid: \(error)")
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
