package import Foundation

/// A version of a model as read from its files, all of which are as published.
package struct StoredModel: Sendable {
    /// The version's name.
    package let version: String
    /// The model.
    package internal(set) var model: PredictionModel
    /// The metrics of its training.
    package let metrics: TrainingMetrics
    /// The other files of the version, by file name.
    package let files: [String: Data]
}
