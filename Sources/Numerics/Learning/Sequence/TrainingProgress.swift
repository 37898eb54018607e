/// The progress of a training run.
package struct TrainingProgress: Sendable {
    /// The name of the model in training, for display: "sequence model", "skip-gram".
    package let stage: String
    /// The current epoch, from 1.
    package let epoch: Int
    /// The greatest number of epochs.
    package let epochs: Int
    /// Events, or other examples, processed so far, over all epochs.
    package let eventsDone: Int
    /// Events to process over all epochs, if training does not stop early.
    package let eventsTotal: Int
    /// The mean loss per event in nats since the start of the epoch, or of the last epoch; `nil` if
    /// the stage has no loss.
    package let loss: Double?
    /// Seconds since the stage began.
    package let secondsElapsed: Double

    /// Makes a report.
    package init(
        stage: String, epoch: Int, epochs: Int, eventsDone: Int, eventsTotal: Int, loss: Double?,
        secondsElapsed: Double
    ) {
        self.stage = stage
        self.epoch = epoch
        self.epochs = epochs
        self.eventsDone = eventsDone
        self.eventsTotal = eventsTotal
        self.loss = loss
        self.secondsElapsed = secondsElapsed
    }
}

/// Measures the time since its creation, for progress reports only.
package struct Stopwatch {
    private let start = ContinuousClock.now

    /// Starts the measurement.
    package init() {}

    /// The seconds since the start.
    package var seconds: Double {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
