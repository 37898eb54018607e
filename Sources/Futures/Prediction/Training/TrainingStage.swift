import Learning

/// Tells of one stage of training whose work is counted.
struct TrainingStage {
    private let name: String
    private let report: (TrainingProgress) -> Void
    private let watch = Stopwatch()

    /// - Parameters:
    ///   - name: What is done, for people.
    ///   - report: Whom to tell.
    init(_ name: String, _ report: @escaping (TrainingProgress) -> Void) {
        self.name = name
        self.report = report
    }

    /// A stage that nobody wants to hear of.
    static var silent: Self { TrainingStage("") { _ in } }

    /// Tells that so much is done of the only pass.
    func tell(done: Int, of total: Int) {
        tell(epoch: 1, of: 1, done: done, total: total, loss: nil)
    }

    /// Tells that an epoch, from 1, is over.
    func tell(epoch: Int, of epochs: Int, examples: Int, loss: Double) {
        tell(
            epoch: epoch, of: epochs, done: epoch * examples, total: epochs * examples,
            loss: loss)
    }

    private func tell(epoch: Int, of epochs: Int, done: Int, total: Int, loss: Double?) {
        report(
            TrainingProgress(
                stage: name, epoch: epoch, epochs: epochs, eventsDone: done, eventsTotal: total,
                loss: loss, secondsElapsed: watch.seconds))
    }
}
