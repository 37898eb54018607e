import Foundation
package import Prediction

/// A version of a model with everything that belongs to it.
///
/// It is read as a whole, so nobody uses a model without its calibration by mistake.
package struct TrainedModel: Sendable {
    /// The model.
    package let model: PredictionModel
    /// Makes probabilities of shares of paths; `nil` if the version has none, and
    /// ``uncalibratedReason`` says why.
    package let calibration: ModelCalibration?
    /// The version's name.
    package let version: String
    /// How the training went.
    package let metrics: TrainingMetrics

    /// Why probabilities are shares of simulated futures as they are; `nil` if they are calibrated.
    package var uncalibratedReason: String? {
        calibration == nil ? metrics.uncalibratedReason ?? "no back-test was made" : nil
    }

    /// Joins the parts of a version that was read.
    ///
    /// - Throws: ``FuturesError`` when the calibration is missing or damaged.
    init(_ stored: StoredModel) throws {
        model = stored.model
        version = stored.version
        metrics = stored.metrics
        let data = stored.files[ModelCalibration.fileName]
        guard data == nil || metrics.uncalibratedReason == nil else {
            throw FuturesError(
                "The model \(version) has a calibration, and its metrics say that there is none. "
                    + "Train again, or restore the folder.")
        }
        calibration = try data.map {
            try ModelCalibration($0, name: "\(stored.version)/\(ModelCalibration.fileName)")
        }
    }
}

/// What a version is calibrated with.
package enum CalibrationOutcome: Sendable {
    /// A back-test was made, and this is what it found.
    case calibrated(ModelCalibration)
    /// There was no back-test, for a reason that people read.
    case uncalibrated(reason: String)

    /// The calibration, if there is one.
    package var calibration: ModelCalibration? {
        if case .calibrated(let calibration) = self { return calibration }
        return nil
    }
}

extension ModelRegistry {
    /// Reads a version of the model with its calibration; the current one unless named.
    ///
    /// - Throws: `PredictionError` when there is none, or it cannot be used: also when a file is
    ///   missing that was published with it.
    package func load(version: String? = nil) throws -> TrainedModel {
        try TrainedModel(try read(version: version))
    }

    /// Writes a model with its calibration as the next version, which is in use only when it is
    /// promoted.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - metrics: How its training went.
    ///   - outcome: The calibration, or why there is none.
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
