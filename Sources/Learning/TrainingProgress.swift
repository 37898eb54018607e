/// How far a training run has come.
public struct TrainingProgress: Sendable {
    /// What is being trained, for people: "sequence model", "skip-gram".
    public let stage: String
    /// The epoch under way, from 1.
    public let epoch: Int
    /// The greatest number of epochs.
    public let epochs: Int
    /// Events processed so far, over all epochs.
    public let eventsDone: Int
    /// Events to process over all epochs, if training does not stop early.
    public let eventsTotal: Int
    /// The mean loss per event since the beginning of the epoch, in nats.
    public let loss: Double
    /// Seconds since training began.
    public let secondsElapsed: Double
}

/// Measures the time since its creation, for progress reports only.
struct Stopwatch {
    private let start = ContinuousClock.now

    var seconds: Double {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
