import Foundation
package import Prediction

/// A version of a model with its calibration and metrics.
///
/// They are read together, so that a model is not used without its calibration by mistake.
package struct TrainedModel: Sendable {
    /// The model.
    package let model: PredictionModel
    /// The calibration of path probabilities; `nil` if the version has none, for the reason
    /// ``uncalibratedReason``.
    package let calibration: ModelCalibration?
    /// The version's name.
    package let version: String
    /// The metrics of the training.
    package let metrics: TrainingMetrics

    /// The reason why the version has no calibration; `nil` if it has one.
    package var uncalibratedReason: String? {
        calibration == nil ? metrics.uncalibratedReason ?? "no back-test was made" : nil
    }

    /// Joins the parts of a version.
    ///
    /// - Throws: ``FuturesError`` when the calibration is damaged, or contradicts the metrics.
    init(_ stored: StoredModel) throws {
        model = stored.model
        version = stored.version
        metrics = stored.metrics
        let data = stored.files[ModelCalibration.fileName]
        guard data == nil || metrics.uncalibratedReason == nil else {
            throw FuturesError(
                "The model \(version) has a calibration, but its metrics say that it has none. "
                    + "Train again, or restore the folder.")
        }
        calibration = try data.map {
            try ModelCalibration($0, name: "\(stored.version)/\(ModelCalibration.fileName)")
        }
    }
}

/// The calibration of a version, or the reason why it has none.
package enum CalibrationOutcome: Sendable {
    /// The result of the back-test.
    case calibrated(ModelCalibration)
    /// There was no back-test; the reason is a text for users.
    case uncalibrated(reason: String)

    /// The calibration, if there is one.
    package var calibration: ModelCalibration? {
        if case .calibrated(let calibration) = self { return calibration }
        return nil
    }
}

extension ModelRegistry {
    /// Reads a version of the model with its calibration; the version in use unless named.
    ///
    /// - Throws: `PredictionError` when there is no such version, it is damaged, or one of its
    ///   files is missing.
    package func load(version: String? = nil) throws -> TrainedModel {
        try TrainedModel(try read(version: version))
    }

    /// Writes a model with its calibration as the next version.
    ///
    /// Promoting it is a separate step.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - metrics: The metrics of its training.
    ///   - outcome: The calibration, or the reason why there is none.
    /// - Returns: The new version's name.
    /// - Throws: `PredictionError` when the files cannot be written.
    package func publish(
        _ model: PredictionModel, metrics: TrainingMetrics, _ outcome: CalibrationOutcome
    ) throws -> String {
        var metrics = metrics
        var files: [String: Data] = [:]
        switch outcome {
        case .calibrated(let calibration):
            metrics.uncalibratedReason = nil
            files[ModelCalibration.fileName] = try calibration.data()
        case .uncalibrated(let reason): metrics.uncalibratedReason = reason
        }
        return try publish(model, metrics: metrics, files: files)
    }
}
