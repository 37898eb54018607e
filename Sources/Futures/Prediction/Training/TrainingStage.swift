import Learning

/// Reports the progress of one stage of training.
struct TrainingStage {
    private let name: String
    private let progress: (TrainingProgress) -> Void
    private let watch = Stopwatch()

    /// Starts a stage.
    ///
    /// - Parameters:
    ///   - name: The name of the stage, which users see.
    ///   - progress: Receives the reports.
    init(_ name: String, _ progress: @escaping (TrainingProgress) -> Void) {
        self.name = name
        self.progress = progress
    }

    /// A stage without reports.
    static var silent: Self { TrainingStage("") { _ in } }

    /// Reports that `done` of `total` examples are done in the only pass.
    func report(done: Int, of total: Int) {
        report(epoch: 1, of: 1, done: done, total: total, loss: nil)
    }

    /// Reports the end of an epoch; epochs count from 1.
    func report(epoch: Int, of epochs: Int, examples: Int, loss: Double) {
        report(
            epoch: epoch, of: epochs, done: epoch * examples, total: epochs * examples,
            loss: loss)
    }

    private func report(epoch: Int, of epochs: Int, done: Int, total: Int, loss: Double?) {
        progress(
            TrainingProgress(
                stage: name, epoch: epoch, epochs: epochs, eventsDone: done, eventsTotal: total,
                loss: loss, secondsElapsed: watch.seconds))
    }
}
