import Learning
import Operations

extension ProgressBar {
    /// Shows the progress of a workflow.
    func show(_ progress: OperationProgress) {
        if let finding = progress.finding {
            // These stages end without having been shown before.
            switch progress.stage {
            case .backtestCheck: show("back-test", fraction: nil, detail: "")
            case .resumption: show("resume", fraction: nil, detail: "")
            default: break
            }
            finish(Self.text(finding, progress.stage))
        } else if let training = progress.training {
            show(training, before: Self.prefix(progress.stage))
        } else {
            show(
                Self.title(progress.stage), fraction: progress.fraction, detail: detail(progress))
        }
    }

    /// Shows the progress of training.
    private func show(_ report: TrainingProgress, before: String) {
        let rate = Double(report.eventsDone) / max(0.001, report.secondsElapsed)
        let fraction = Double(report.eventsDone) / Double(max(1, report.eventsTotal))
        var parts: [String] = []
        if report.epochs > 1 { parts.append("epoch \(report.epoch)/\(report.epochs)") }
        if let loss = report.loss { parts.append("loss \(decimals(loss, 3)) nats") }
        parts.append("\(grouped(Int(rate))) examples/s")
        show(
            before + Self.title(report.stage), fraction: fraction,
            detail: parts.joined(separator: ", "))
    }

    /// The prefix of the title of a training stage.
    private static func prefix(_ stage: OperationStage) -> String {
        switch stage {
        case .backtestModel(let number): "back-test \(number): "
        case .model(let number): "model \(number): "
        default: ""
        }
    }

    /// The title of a stage of training.
    private static func title(_ stage: String) -> String {
        switch stage {
        case "skip-gram": "item vectors"
        case "sequence model": "LSTM"
        case "replay held out": "replay held-out customers"
        case "ask the evidence": "expert predictions"
        case "shares": "mixture weights"
        case "list candidates": "reranker candidates"
        case "corrections": "reranker"
        case "check": "held-out log-likelihood"
        default: stage
        }
    }

    private static func title(_ stage: OperationStage) -> String {
        switch stage {
        case .twins, .events: "read"
        case .backtestCheck, .backtestModel: "back-test"
        case .model: "model"
        case .questions: "forecast"
        case .training: "train"
        case .comparison: "compare"
        case .publication: "publish"
        case .resumption: "resume"
        case .simulation, .customers: "simulate"
        case .generation: "generate"
        case .items: "items"
        case .ingestion: "events"
        case .merge: "merge"
        case .truth: "true probabilities"
        }
    }

    /// The figures of a stage that is under way.
    private func detail(_ progress: OperationProgress) -> String {
        let done = grouped(progress.done)
        let total = grouped(progress.total ?? 0)
        let ran = progress.done - progress.resumed
        let rate = grouped(Int(Double(ran) / max(0.001, seconds)))
        return switch progress.stage {
        case .twins: "twins"
        case .questions: "\(done) of \(total) customers, \(rate) customers/s"
        case .comparison: "with the model in use"
        case .publication: "model"
        case .simulation: "\(done) of \(total) twins, \(rate) twins/s"
        case .events: "\(done) events"
        case .generation: "synthetic shop"
        case .items: "\(done) items"
        case .ingestion: progress.done == 0 ? "" : "\(done) events, \(rate) events/s"
        case .merge:
            progress.done == 0
                ? "\(total) events"
                : "\(grouped((progress.total ?? 0) - progress.done)) events left"
        case .truth: "repeated simulation of the shop"
        case .backtestCheck, .backtestModel, .model, .training, .resumption, .customers: ""
        }
    }

    /// The result of a stage.
    private static func text(_ finding: OperationFinding, _ stage: OperationStage) -> String {
        switch finding {
        case .complete: "done"
        case .data(let events, let customers, let items):
            "\(grouped(events)) events of \(grouped(customers)) customers, \(grouped(items)) items"
        case .tooShort: "skipped: it needs eighteen weeks of events"
        case .comparison(let passes): passes ? "log-likelihood not worse" : "log-likelihood worse"
        case .version(let version): version
        case .count(let count, let rejected): text(count, rejected, stage)
        case .file(let path, let events, let rejected):
            "\(grouped(events)) events of \(path), \(rejected) rejected"
        case .shop(let customers, let items, let days):
            "\(customers) customers, \(items) items, \(days) days"
        }
    }

    private static func text(_ count: Int, _ rejected: Int, _ stage: OperationStage) -> String {
        switch stage {
        case .resumption: "from twin \(grouped(count))"
        case .simulation: "\(grouped(count)) twins"
        case .items: "\(grouped(count)) items" + (rejected > 0 ? ", \(rejected) rejected" : "")
        case .customers: "\(count) customers"
        default: "\(grouped(count)) events"
        }
    }
}
