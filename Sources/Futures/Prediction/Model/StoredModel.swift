package import Foundation

/// A version of a model as its files hold it, each of them the one that was published.
package struct StoredModel: Sendable {
    /// The version's name.
    package let version: String
    /// The model.
    package internal(set) var model: PredictionModel
    /// How its training went.
    package let metrics: TrainingMetrics
    /// What else was published with it, by file name.
    package let files: [String: Data]
}
