import Learning
import Operations

extension ProgressBar {
    /// Shows a report of a workflow.
    func show(_ progress: OperationProgress) {
        if let finding = progress.finding {
            // The only stage that ends without having been shown before.
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

    /// Shows a report of training.
    private func show(_ report: TrainingProgress, before: String) {
        let rate = Double(report.eventsDone) / max(0.001, report.secondsElapsed)
        let fraction = Double(report.eventsDone) / Double(max(1, report.eventsTotal))
        var parts: [String] = []
        if report.epochs > 1 { parts.append("epoch \(report.epoch)/\(report.epochs)") }
        if let loss = report.loss { parts.append("loss \((loss * 1000).rounded() / 1000)") }
        parts.append("\(grouped(Int(rate)))/s")
        show(before + report.stage, fraction: fraction, detail: parts.joined(separator: ", "))
    }

    /// What stands before the title of a training.
    private static func prefix(_ stage: OperationStage) -> String {
        switch stage {
        case .backtestModel(let number): "back-test \(number): "
        case .model(let number): "model \(number): "
        default: ""
        }
    }

    private static func title(_ stage: OperationStage) -> String {
        switch stage {
        case .twins, .events: "read"
        case .backtestCheck, .backtestModel: "back-test"
        case .model: "model"
        case .questions: "foresee"
        case .training: "train"
        case .comparison: "compare"
        case .publication: "publish"
        case .resumption: "resume"
        case .simulation, .customers: "simulate"
        case .generation: "generate"
        case .items: "items"
        case .ingestion: "events"
        case .merge: "settle"
        case .truth: "truth"
        }
    }

    /// The figures of a stage that is under way.
    private func detail(_ progress: OperationProgress) -> String {
        let done = grouped(progress.done)
        let total = grouped(progress.total ?? 0)
        let ran = progress.done - progress.resumed
        let rate = grouped(Int(Double(ran) / max(0.001, seconds)))
        return switch progress.stage {
        case .twins: "the twins"
        case .questions: "\(done) of \(total) questions, \(rate)/s"
        case .comparison: "with the model in use"
        case .publication: "the model"
        case .simulation: "\(done) of \(total) twins, \(rate)/s"
        case .events: "\(done) events"
        case .generation: "a shop"
        case .items: "\(done) items"
        case .ingestion: progress.done == 0 ? "" : "\(done) events, \(rate)/s"
        case .merge:
            progress.done == 0
                ? "\(total) events"
                : "\(grouped((progress.total ?? 0) - progress.done)) events to go"
        case .truth: "the customers, lived many times"
        case .backtestCheck, .backtestModel, .model, .training, .resumption, .customers: ""
        }
    }

    /// The result of a stage.
    private static func text(_ finding: OperationFinding, _ stage: OperationStage) -> String {
        switch finding {
        case .complete: "done"
        case .data(let events, let customers, let items):
            "\(grouped(events)) events of \(grouped(customers)) customers, \(grouped(items)) items"
        case .tooShort: "none: there are less than eighteen weeks of events"
        case .comparison(let passes): passes ? "no worse" : "worse"
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
        case .resumption: "after \(grouped(count)) twins"
        case .simulation: "\(grouped(count)) twins"
        case .items: "\(grouped(count)) items" + (rejected > 0 ? ", \(rejected) rejected" : "")
        case .customers: "\(count) customers"
        default: "\(grouped(count)) events"
        }
    }
}
