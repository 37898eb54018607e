package import Prediction
import Shop
import ShopFormats

/// Learns from one file of events, ranks for another one, and compares.
///
/// Nothing of the second file is known while the model learns. A task that is cancelled ends the
/// run with `CancellationError` while files are read, or before the evaluation.
package struct EvaluationRun: Sendable {
    /// What is predicted.
    package enum Question: Sendable {
        /// Each customer's next basket.
        case nextBasket
        /// Each next event of sessions that the model has not learned from.
        case nextEvent
    }

    /// The path of the file to learn from.
    package let training: String
    /// The path of the file to predict.
    package let test: String
    /// What is predicted.
    package let question: Question
    /// How to evaluate.
    package let settings: EvaluationSettings

    /// Prepares a run.
    package init(
        training: String, test: String, question: Question, settings: EvaluationSettings
    ) {
        self.training = training
        self.test = test
        self.question = question
        self.settings = settings
    }

    /// Reads the files and evaluates.
    ///
    /// - Parameter progress: Receives reports of the work as it goes.
    /// - Returns: The result, with the seconds of each part.
    /// - Throws: ``OperationError`` when a file has no event that can be used, what reading,
    ///   training and evaluation throw, or `CancellationError`.
    package func run(progress: @escaping ProgressSink) throws -> EvaluationResult {
        let start = ContinuousClock.now
        let trainEvents = try events(training, progress)
        let testEvents = try events(test, progress)
        let (whole, part) = (ContinuousClock.now - start).components
        let evaluation = try Evaluation(
            settings, progress: { progress(OperationProgress(.training, training: $0)) })
        var result =
            switch question {
            case .nextBasket: try evaluation.nextBasket(training: trainEvents, test: testEvents)
            case .nextEvent: try evaluation.nextEvent(training: trainEvents, test: testEvents)
            }
        progress(OperationProgress(.training, finding: .complete))
        result.seconds["ingest"] = Double(whole) + Double(part) / 1e18
        return result
    }

    private func events(_ path: String, _ progress: ProgressSink) throws -> [Event] {
        var reader = try EventReader(path: path)
        var events: [Event] = []
        var rejected = 0
        while let line = try reader.next() {
            switch line {
            case .event(let event, _): events.append(event)
            case .rejected: rejected += 1
            }
            if events.count.isMultiple(of: 20_000) {
                try Task.checkCancellation()
                progress(
                    OperationProgress(
                        .events, done: events.count, fraction: reader.fractionRead))
            }
        }
        progress(
            OperationProgress(
                .events, finding: .file(path, events: events.count, rejected: rejected)))
        guard !events.isEmpty else { throw OperationError.noUsableEvent(path: path) }
        return events
    }
}
