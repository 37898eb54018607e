/// How far a training run has come.
package struct TrainingProgress: Sendable {
    /// What is being trained, for people: "sequence model", "skip-gram".
    package let stage: String
    /// The epoch under way, from 1.
    package let epoch: Int
    /// The greatest number of epochs.
    package let epochs: Int
    /// Events, or other examples, processed so far, over all epochs.
    package let eventsDone: Int
    /// Events to process over all epochs, if training does not stop early.
    package let eventsTotal: Int
    /// The mean loss per event since the beginning of the epoch, or of the last epoch, in nats; `nil`
    /// where nothing is fitted.
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

    package init() {}

    package var seconds: Double {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
