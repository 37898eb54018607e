import Fleet
import Foundation
import Learning
import Prediction
import PropertyGraph
import Recommendations
import Shop
import Simulation
import SyntheticShop
import TestSupport
import Testing
import Time
import TwinStorage

@testable import Operations

/// A small store and a model that was trained on it.
///
/// The store comes first, so that it is closed before its folder is removed.
private final class World: Sendable {
    let store: TwinStore
    let folder: TemporaryFolder
    let shop: ShopGenerator
    let registry: ModelRegistry
    let trained: TrainingWorkflow.Outcome
    /// The stages of the training, each once, in order.
    let stages: [OperationStage]

    init() throws {
        shop = try ShopGenerator(.init(customers: 40, items: 60, days: 60))
        folder = try TemporaryFolder()
        store = try TwinStore(
            path: folder("store"), pseudonymizer: Pseudonymizer(key: [UInt8](0..<32)))
        try store.put(shop.items)
        _ = try store.append(Array(shop.events()))
        registry = ModelRegistry(folder: folder("models"))
        var stages: [OperationStage] = []
        trained = try TrainingWorkflow(store, registry: registry, settings: World.training)
            .run { report in
                if stages.last != report.stage { stages.append(report.stage) }
            }
        self.stages = stages
    }

    static var training: TrainingWorkflow.Settings {
        TrainingWorkflow.Settings(
            configuration: TrainingConfiguration(seed: 7, width: 8, epochs: 1, threads: 2),
            backtestCustomers: 10)
    }

    func fleet(_ name: String, isFresh: Bool = false) throws -> FleetRun {
        var settings = FleetRun.Settings(
            output: folder(name), horizonSeconds: 7 * 86_400, paths: 10, count: 3)
        settings.isFresh = isFresh
        settings.demandOutput = folder(name + ".demand")
        return FleetRun(
            store, try registry.read().model, calibration: nil,
            from: .init(store: "s", models: "m", version: "v0001"), settings: settings)
    }
}

/// Runs work in a task that the work can cancel itself.
private func inTask(
    _ work: @escaping @Sendable (_ cancel: @escaping () -> Void) throws -> Void
) async -> Result<Void, any Error> {
    let (handles, continuation) = AsyncStream<Task<Void, any Error>>.makeStream()
    let task = Task<Void, any Error> {
        var handles = handles.makeAsyncIterator()
        let own = await handles.next()
        try work { own?.cancel() }
    }
    continuation.yield(task)
    return await task.result
}

private func isCancellation(_ result: Result<Void, any Error>) -> Bool {
    guard case .failure(let error) = result else { return false }
    return error is CancellationError
}

@Suite struct OperationsTests {
    @Test func aFractionLeavesOutWhatAnEarlierRunHasDone() {
        #expect(OperationProgress(.simulation).fraction == nil)
        #expect(OperationProgress(.simulation, done: 1, total: 4).fraction == 0.25)
        #expect(OperationProgress(.simulation, done: 3, total: 4, resumed: 2).fraction == 0.5)
        #expect(OperationProgress(.simulation, done: 0, total: 0).fraction == 0)
        #expect(OperationProgress(.events, done: 3, fraction: 0.75).fraction == 0.75)
    }

    @Test func aTrainingPublishesAndPromotes() throws {
        let world = try World()
        #expect(world.trained.version == "v0001")
        #expect(world.trained.isPromoted)
        // Sixty days are too few for a back-test.
        #expect(world.trained.backtest == nil)
        #expect(
            world.stages == [.twins, .backtestCheck, .training, .comparison, .publication])
        #expect(world.registry.current == "v0001")
        #expect(!FileManager.default.fileExists(atPath: world.registry.training.path))
    }

    @Test func aVersionThatIsNotPromotedIsKept() throws {
        let world = try World()
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder("models"))
        var settings = World.training
        settings.promotion = .never
        settings.writesGraph = false
        let outcome = try TrainingWorkflow(world.store, registry: registry, settings: settings)
            .run { _ in }
        #expect(!outcome.isPromoted)
        #expect(registry.versions == [outcome.version])
        #expect(registry.current == nil)
    }

    @Test func aCancelledTrainingPublishesNothing() async throws {
        let world = try World()
        for stage in [OperationStage.twins, .training, .comparison] {
            let folder = try TemporaryFolder()
            let registry = ModelRegistry(folder: folder("models"))
            let workflow = TrainingWorkflow(
                world.store, registry: registry, settings: World.training)
            let result = await inTask { cancel in
                _ = try workflow.run { if $0.stage == stage { cancel() } }
            }
            #expect(isCancellation(result), "\(stage): \(result)")
            #expect(registry.versions.isEmpty, "\(stage)")
        }
    }

    @Test func aFleetRunThatWasCancelledIsResumed() async throws {
        let world = try World()
        try world.fleet("whole").run { _ in }
        let run = try world.fleet("parts")
        let result = await inTask { cancel in
            try run.run { if $0.stage == .simulation { cancel() } }
        }
        #expect(isCancellation(result), "\(result)")
        #expect(!FileManager.default.fileExists(atPath: world.folder("parts")))
        var resumed: [OperationFinding?] = []
        var total: Int?
        try run.run { report in
            if report.stage == .resumption { resumed.append(report.finding) }
            total = report.total ?? total
        }
        #expect(resumed == [.count(16)])
        #expect(total == 40)
        for name in ["", ".demand"] {
            #expect(
                try world.folder.bytes("parts" + name) == world.folder.bytes("whole" + name))
        }
    }

    @Test func aFleetRunBeginsAnewWhenAsked() async throws {
        let world = try World()
        let run = try world.fleet("anew")
        _ = await inTask { cancel in
            try run.run { if $0.stage == .simulation { cancel() } }
        }
        var stages: Set<OperationStage> = []
        try world.fleet("anew", isFresh: true).run { stages.insert($0.stage) }
        #expect(stages == [.simulation])
    }

    @Test func anEmptyStoreHasNothingToForecast() throws {
        let folder = try TemporaryFolder()
        let store = try TwinStore(
            path: folder("store"), pseudonymizer: Pseudonymizer(key: [UInt8](0..<32)))
        let backtest = BacktestRun(
            store,
            settings: .init(configuration: TrainingConfiguration(), horizons: [7 * 86_400]))
        #expect(throws: OperationError.noEvents) { try backtest.run { _ in } }
        let world = try World()
        let fleet = FleetRun(
            store, try world.registry.read().model, calibration: nil,
            from: .init(store: "s", models: "m", version: "v"),
            settings: .init(output: folder("fleet")))
        #expect(throws: OperationError.noEvents) { try fleet.run { _ in } }
        #expect(!FileManager.default.fileExists(atPath: folder("fleet.partial")))
    }

    @Test func anOutcomeMustBeKnown() throws {
        let world = try World()
        let newest = try #require(try world.store.newestEvent())
        var settings = BacktestRun.Settings(
            configuration: World.training.configuration, horizons: [7 * 86_400])
        settings.origin = newest.seconds - 86_400
        let run = BacktestRun(world.store, settings: settings)
        #expect(throws: OperationError.unknownOutcome(newest: newest, days: 7)) {
            try run.run { _ in }
        }
    }

    @Test func aReportAnswersInTheOrderOfTheCustomers() async throws {
        let world = try World()
        let run = try ReportRun(
            world.store, try world.registry.load())
        let customers = world.shop.truth.customers.prefix(2).map(\.userID)
        var options = RecommendationOptions()
        options.paths = 20
        var reports: [Int] = []
        let answers = try run.answers(customers, options: options) {
            reports.append($0.done)
            #expect($0.total == 2)
        }
        #expect(answers.map(\.customer) == customers)
        #expect(reports == [0, 1])
        let page = try run.page(answers)
        #expect(customers.allSatisfy { page.contains($0) })
        let fixed = options
        let result = await inTask { cancel in
            _ = try run.answers(customers, options: fixed) { _ in cancel() }
        }
        #expect(isCancellation(result), "\(result)")
    }

    @Test func aFileWithoutEventsIsNoTrainingData() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("user_id,item_id,type,timestamp\nu,i,view,soon\n", name: "a.csv")
        let run = EvaluationRun(
            training: path, test: path, question: .nextBasket,
            settings: EvaluationSettings(
                method: .full, lengths: [10], training: TrainingConfiguration()))
        var findings: [OperationFinding] = []
        #expect(throws: OperationError.noUsableEvent(path: path)) {
            try run.run { if let finding = $0.finding { findings.append(finding) } }
        }
        #expect(findings == [.file(path, events: 0, rejected: 1)])
    }

    @Test func aSyntheticStoreHoldsTheShop() throws {
        let shop = try ShopGenerator(.init(customers: 10, items: 20, days: 20))
        let folder = try TemporaryFolder()
        let events = Array(shop.events()).count
        var findings: [OperationStage: OperationFinding] = [:]
        let store = try SyntheticStore.make(shop, in: folder.path, environment: [:]) {
            findings[$0.stage] = $0.finding ?? findings[$0.stage]
        }
        #expect(try store.eventCount() == events)
        #expect(findings[.items] == .count(shop.items.count))
        #expect(findings[.ingestion] == .count(events))
        #expect(findings[.generation] == .shop(customers: 10, items: shop.items.count, days: 20))
    }
}
