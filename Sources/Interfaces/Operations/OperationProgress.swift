package import Learning

/// The progress of a workflow.
///
/// It holds counts only. The caller computes the rate and the time that is left.
package struct OperationProgress: Sendable {
    /// The part of the work that is under way.
    package let stage: OperationStage
    /// How much of the stage is done, in the stage's own unit.
    package let done: Int
    /// How much the stage consists of; `nil` where that is not known.
    package let total: Int?
    /// How much of ``done`` an earlier, interrupted run had done.
    package let resumed: Int
    /// The training's own report, in a stage that trains.
    package let training: TrainingProgress?
    /// The result of the stage; `nil` while the stage is under way.
    package let finding: OperationFinding?
    private let knownFraction: Double?

    /// The fraction of the stage that is done, 0 to 1; `nil` where that is not known.
    package var fraction: Double? {
        if let knownFraction { return knownFraction }
        guard let total else { return nil }
        return Double(done - resumed) / Double(max(1, total - resumed))
    }

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - stage: The part of the work.
    ///   - done: How much of it is done.
    ///   - total: How much there is.
    ///   - resumed: How much of `done` comes from an earlier run.
    ///   - fraction: The fraction that is done, if it does not follow from the counts.
    ///   - training: The training's own report.
    ///   - finding: The result, at the end of the stage.
    package init(
        _ stage: OperationStage, done: Int = 0, total: Int? = nil, resumed: Int = 0,
        fraction: Double? = nil, training: TrainingProgress? = nil,
        finding: OperationFinding? = nil
    ) {
        self.stage = stage
        self.done = done
        self.total = total
        self.resumed = resumed
        self.training = training
        self.finding = finding
        knownFraction = fraction
    }
}

/// A part of a workflow.
package enum OperationStage: Sendable, Hashable {
    /// Reads the twins that a model learns from.
    case twins
    /// Checks whether there are events enough for a back-test.
    case backtestCheck
    /// Trains a model for the back-test of a training, by its number from 1.
    case backtestModel(Int)
    /// Trains a model of a back-test, by its number from 1.
    case model(Int)
    /// Answers the questions of a back-test; counts questions.
    case questions
    /// Trains the model.
    case training
    /// Compares the new model with the one in use.
    case comparison
    /// Publishes the new model.
    case publication
    /// Finds the twin at which an interrupted run ended.
    case resumption
    /// Simulates twins; counts twins.
    case simulation
    /// Simulates the customers of a report; counts customers.
    case customers
    /// Reads a file of events; counts events.
    case events
    /// Generates a synthetic shop.
    case generation
    /// Stores the items of a shop; counts items.
    case items
    /// Stores the events of a shop; counts events.
    case ingestion
    /// Moves stored events to their twins; counts events.
    case merge
    /// Computes the true probabilities of a synthetic shop.
    case truth
}

/// The result of a stage.
package enum OperationFinding: Sendable, Hashable {
    /// The stage is complete.
    case complete
    /// The size of the training data.
    case data(events: Int, customers: Int, items: Int)
    /// The history is too short for a back-test.
    case tooShort
    /// Whether the new model is no worse than the one in use.
    case comparison(passes: Bool)
    /// The name of the version that was published.
    case version(String)
    /// How many the stage has handled, and how many of its input it rejected.
    case count(Int, rejected: Int = 0)
    /// The file that was read, its number of events, and its number of rejected lines.
    case file(String, events: Int, rejected: Int)
    /// The size of a synthetic shop.
    case shop(customers: Int, items: Int, days: Int)
}

/// A receiver of progress reports.
package typealias ProgressSink = (OperationProgress) -> Void
