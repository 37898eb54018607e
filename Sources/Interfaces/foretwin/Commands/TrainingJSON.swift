import Operations
import Prediction
import Recommendations
import Simulation

/// The result of a training run, as `foretwin train --json` prints it.
struct TrainingJSON: Encodable {
    /// The comparison with the version that was in use.
    struct Gate: Encodable {
        var passes: Bool
        var logLikelihoodBits: Double
        var currentLogLikelihoodBits: Double?
        var currentVersion: String?
    }

    /// The back-test of the way of training.
    struct Backtest: Encodable {
        var objections: [String]
        var customers: Int
        var checks: [Check]
    }

    /// The quality of the probabilities for one horizon.
    struct Check: Encodable {
        var horizonDays: Double
        /// The calibrated probabilities.
        var calibrated: ReliabilityJSON
        /// The Brier score of the customers' own frequencies.
        var baselineBrier: Double
        /// The standard error of the difference of both Brier scores.
        var brierDifferenceError: Double
    }

    var version: String
    var isPromoted: Bool
    var gate: Gate
    var metrics: MetricsJSON
    var backtest: Backtest?

    init(_ outcome: TrainingWorkflow.Outcome) {
        version = outcome.version
        isPromoted = outcome.isPromoted
        gate = Gate(
            passes: outcome.gate.passes, logLikelihoodBits: outcome.gate.bits,
            currentLogLikelihoodBits: outcome.gate.currentBits,
            currentVersion: outcome.gate.current)
        metrics = MetricsJSON(outcome.metrics)
        backtest = outcome.backtest.map { backtest in
            Backtest(
                objections: backtest.objections, customers: backtest.customers,
                checks: backtest.checks.map { check in
                    Check(
                        horizonDays: Double(check.seconds) / 86_400,
                        calibrated: ReliabilityJSON(check.model),
                        baselineBrier: check.frequencyBrier,
                        brierDifferenceError: check.brierError)
                })
        }
    }
}

/// The metrics of a training run.
struct MetricsJSON: Encodable {
    /// The losses after one epoch of the LSTM, in nats per event.
    struct Epoch: Encodable {
        var trainingLoss: Double
        var validationLoss: Double?
    }

    var customerCount: Int
    var heldOutCustomerCount: Int
    var eventCount: Int
    var itemCount: Int
    var newItemCount: Int?
    /// Events of items that are too rare.
    var droppedEventCount: Int
    var epochs: [Epoch]
    /// The mean log2 probability of the held-out events: by expert, and of the `mixture`.
    var heldOutLogLikelihoodBits: [String: Double]
    /// The mean mixture weight of each expert on the held-out events.
    var meanWeights: [String: Double]
    var uncalibratedReason: String?

    init(_ metrics: TrainingMetrics) {
        customerCount = metrics.sequenceCount
        heldOutCustomerCount = metrics.heldOutSequenceCount
        eventCount = metrics.eventCount
        itemCount = metrics.itemCount
        newItemCount = metrics.newItemCount
        droppedEventCount = metrics.droppedEventCount
        epochs = metrics.epochs.map {
            Epoch(trainingLoss: $0.training, validationLoss: $0.validation)
        }
        heldOutLogLikelihoodBits = Self.byPublicName(metrics.heldOutBits)
        meanWeights = Self.byPublicName(metrics.meanShares)
        uncalibratedReason = metrics.uncalibratedReason
    }

    private static func byPublicName(_ values: [String: Double]) -> [String: Double] {
        Dictionary(
            values.map { (ExpertID(rawValue: $0.key)?.publicName ?? $0.key, $0.value) }
        ) { first, _ in first }
    }
}

/// A reliability diagram with its scores.
struct ReliabilityJSON: Encodable {
    /// The forecasts of about one probability.
    struct Bin: Encodable {
        /// The mean forecast probability.
        var forecast: Double
        /// The observed frequency.
        var observed: Double
        var count: Int
    }

    var bins: [Bin]
    var ece: Double
    var brier: Double

    init(_ reliability: Reliability) {
        bins = reliability.bins.map {
            Bin(forecast: $0.forecast, observed: $0.happened, count: $0.count)
        }
        ece = reliability.ece
        brier = reliability.brier
    }
}
