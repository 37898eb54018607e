import Foundation
import Kernels
import Learning
import Shop
import SyntheticShop
import TestSupport
import Testing
import Time
import TwinStorage

@testable import Prediction

@Suite("Trainer")
struct TrainerTests {
    @Test("Settings out of their range are refused, and named")
    func settings() {
        let bad: [(String, (inout TrainingConfiguration) -> Void)] = [
            ("width", { $0.sequence.width = 0 }), ("width", { $0.sequence.width = 12 }),
            ("width", { $0.sequence.width = 2048 }), ("width", { $0.sequence.width = -8 }),
            ("epochs", { $0.sequence.epochs = 0 }), ("epochs", { $0.sequence.epochs = 1001 }),
            ("heldOutShare", { $0.heldOutShare = 0 }), ("heldOutShare", { $0.heldOutShare = 0.9 }),
            ("heldOutShare", { $0.heldOutShare = .nan }),
            ("minimumItemCount", { $0.minimumItemCount = 0 }),
        ]
        for (name, change) in bad {
            var configuration = TrainingConfiguration()
            change(&configuration)
            #expect {
                try Trainer(configuration)
            } throws: { error in
                let error = error as? PredictionError
                return error?.code == .setting && error?.description.contains(name) == true
            }
        }
    }

    @Test("Settings of the parts that make no sense are errors too")
    func settingsOfParts() throws {
        let data = try World.data.get()
        let bad: [(inout TrainingConfiguration) -> Void] = [
            { $0.sequence.threads = 0 }, { $0.embeddings.threads = 0 },
            { $0.embeddings.dimensions = 8 }, { $0.sequence.learningRate = .nan },
            { $0.sequence.layers = 0 },
        ]
        for change in bad {
            var configuration = World.configuration()
            change(&configuration)
            #expect(throws: (any Error).self) {
                try Trainer(configuration).train(data) { _ in }
            }
        }
    }

    @Test("Too few events are an error that says how many are needed")
    func tooLittle() throws {
        let trainer = try Trainer(World.configuration(width: 8, epochs: 1))
        let one = (0..<50).map { bought("u", "i\($0 % 5)", Int64($0)) }
        let few = (0..<9).map { bought("u\($0 % 2)", "i", Int64($0)) }
        for events in [[], one, few] {
            #expect {
                try trainer.train(TrainingData(events, by: \.userID)) { _ in }
            } throws: { error in
                let error = error as? PredictionError
                return error?.code == .data && error?.description.contains("at least") == true
            }
        }
    }

    /// Data that are just enough, or in which something is missing.
    enum OddData: CaseIterable {
        case theLeast, oneItem, oneTime, extremeTimes, twoTimes

        var events: [Event] {
            switch self {
            case .theLeast: (0..<10).map { bought("u\($0 % 2)", "i\($0 % 3)", Int64($0)) }
            case .oneItem: (0..<40).map { bought("u\($0 % 2)", "the one", Int64($0)) }
            case .oneTime: (0..<40).map { bought("u\($0 % 4)", "i\($0 % 7)", 5) }
            case .extremeTimes:
                (0..<40).map {
                    bought("u\($0 % 4)", "i\($0 % 7)", ($0 < 20 ? -1 : 1) * Int64.max / 1000)
                }
            case .twoTimes:
                (0..<400).map { bought("u\($0 % 3)", "i\($0 % 7)", Int64($0 / 200) * day) }
            }
        }
    }

    @Test("The least sufficient data, and unusual data, train a model", arguments: OddData.allCases)
    func odd(_ kind: OddData) throws {
        let events = kind.events
        let data = TrainingData(events, by: \.userID)
        let trainer = try Trainer(World.configuration(width: 8, epochs: 1))
        let model = try trainer.train(data) { _ in }.model
        #expect(model.catalogue.count == Set(events.compactMap(\.itemID)).count)
        for sequence in 0..<data.sequences.count {
            let asked = query(History(data.sequences, sequence: sequence))
            let probabilities = model.prediction(for: asked).probabilities
            #expect(probabilities.allSatisfy { $0 > 0 })
            #expect(abs(probabilities.reduce(0, +) - 1) < 1e-4)
        }
    }

    @Test("Customers with one event each have no order to learn, and the error says so")
    func oneEventEach() throws {
        let events = (0..<20).map { bought("u\($0)", "i\($0)", Int64($0)) }
        let error = #expect(throws: LearningError.self) {
            try Trainer(World.configuration(width: 8, epochs: 1))
                .train(TrainingData(events, by: \.userID)) { _ in }
        }
        #expect(error?.code == .noData && error?.message.contains("two or more events") == true)
    }

    @Test("Metrics count the training data")
    func metrics() throws {
        let (model, metrics, _) = try World.trained.get()
        let data = try World.data.get()
        #expect(metrics.eventCount == data.sequences.items.count)
        #expect(metrics.sequenceCount == data.sequences.count)
        #expect(metrics.itemCount == model.catalogue.count)
        #expect(metrics.heldOutSequenceCount == 4)
        #expect(metrics.droppedEventCount == 0)
        #expect(metrics.epochs.count == 2)
        #expect(metrics.epochs.allSatisfy { $0.validation != nil })
        #expect(abs(metrics.meanShares.values.reduce(0, +) - 1) < 1e-6)
        let mixture = try #require(metrics.heldOutBits["mixture"])
        let popularity = try #require(metrics.heldOutBits["popularity"])
        #expect(mixture > popularity, "\(metrics.heldOutBits)")
        #expect(metrics.heldOutBits.values.allSatisfy { $0 <= 0 })
    }

    @Test("Progress is reported for each stage, in order and to its end")
    func progress() throws {
        var reports: [TrainingProgress] = []
        _ = try Trainer(World.configuration(width: 8, epochs: 1)).train(try World.data.get()) {
            reports.append($0)
        }
        var stages: [String] = []
        for report in reports where report.stage != stages.last { stages.append(report.stage) }
        // Too few examples here for gates and the reranker.
        #expect(
            stages == [
                "skip-gram", "sequence model", "replay held out", "expert predictions",
                "list candidates", "check",
            ])
        for stage in stages {
            let own = reports.filter { $0.stage == stage }
            #expect(own.last.map { $0.eventsDone == $0.eventsTotal } ?? false, "\(stage)")
            #expect(zip(own, own.dropFirst()).allSatisfy { $0.eventsDone <= $1.eventsDone })
        }
    }

    @Test("An interrupted run resumes and has the same result", arguments: [1, 2])
    func resuming(epochsBefore: Int) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-checkpoints-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = try World.data.get()
        let whole = try Trainer(World.configuration(width: 8, epochs: 3)).train(data) { _ in }
        // A run with fewer epochs leaves the same checkpoint as a kill after that number.
        let fewer = World.configuration(width: 8, epochs: epochsBefore)
        _ = try Trainer(fewer, checkpoints: folder).train(data) { _ in }
        func run(_ data: TrainingData, seed: UInt64 = 7) throws -> (PredictionModel, [String]) {
            var stages: [String] = []
            let trainer = try Trainer(
                World.configuration(seed: seed, width: 8, epochs: 3), checkpoints: folder)
            let model = try trainer.train(data) { report in
                if report.stage == "resume" { #expect(report.epoch == epochsBefore) }
                stages.append(report.stage)
            }.model
            return (model, stages)
        }
        let (model, stages) = try run(data)
        #expect(stages.contains("resume"))
        #expect(model.sequence.model.tensors() == whole.model.sequence.model.tensors())
        #expect(model.mixture.weights == whole.model.mixture.weights)
        #expect(model.reranker == whole.model.reranker)
        // With other settings, other data or damage, training starts again.
        #expect(try !run(data, seed: 8).1.contains("resume"))
        let others = TrainingData(try World.events.get().dropLast(), by: \.userID)
        #expect(try !run(others).1.contains("resume"))
        let file = folder.appending(path: "sequence.safetensors")
        let bytes = try Data(contentsOf: file)
        try bytes.dropLast(7).write(to: file)
        #expect(try !run(others).1.contains("resume"))
    }

    @Test("A run continues if it cannot write checkpoints")
    func noCheckpoints() throws {
        let nowhere = URL(fileURLWithPath: "/dev/null/checkpoints")
        let trainer = try Trainer(World.configuration(width: 8, epochs: 1), checkpoints: nowhere)
        #expect(try trainer.train(try World.data.get()) { _ in }.metrics.epochs.count == 1)
    }

    @Test("Examples keep their order, at any number of threads")
    func manyLessons() throws {
        let model = try World.model()
        let made = sequences(
            (0..<300).map { person in (0..<4).map { [Int32((person + $0) % 12)] } })
        let examples = HeldOutExamples(made, seed: 1)
        var reports: [TrainingProgress] = []
        let stage = TrainingStage("ask") { reports.append($0) }
        let cases = examples.cases(model, threads: 2, stage: stage)
        #expect(cases.count == 900)
        #expect(reports.map(\.eventsDone) == [512, 900])
        #expect(reports.allSatisfy { $0.eventsTotal == 900 && $0.loss == nil })
        #expect(
            examples.cases(model, threads: 1).map(\.probabilities) == cases.map(\.probabilities))
    }

    @Test("At least one sequence is held out, and at least one is learned from")
    func heldOut() throws {
        for (fraction, expected) in [(0.001, 1), (0.5, 20), (0.89, 36)] {
            var configuration = World.configuration(width: 8, epochs: 1)
            configuration.heldOutShare = fraction
            let metrics = try Trainer(configuration).train(try World.data.get()) { _ in }.metrics
            #expect(metrics.heldOutSequenceCount == expected)
        }
    }

    @Test("Examples are whole baskets and second halves, without known items")
    func examples() throws {
        let model = try World.model()
        let made = sequences([[[0, 1], [2, 3, 4, 5], [6]], [[7]]])
        let cases = HeldOutExamples(made, seed: 1).cases(model, threads: 2)
        // Basket 1: four items, and two of them given the other two; basket 2: one item.
        #expect(cases.count == 4 + 2 + 1)
        let buckets = cases.map(\.gateInput.bucket).sorted()
        #expect(buckets == [1, 1, 1, 1, 2, 13, 13])
        #expect(cases.allSatisfy { $0.probabilities.count == ExpertID.allCases.count })
        let again = HeldOutExamples(made, seed: 1).cases(model, threads: 1)
        #expect(again.map(\.probabilities) == cases.map(\.probabilities))
        #expect(HeldOutExamples(EventSequences(), seed: 1).cases(model, threads: 2).isEmpty)
    }
}

@Suite("Twin histories")
struct TwinHistoriesTests {
    private let folder: TemporaryFolder
    private let store: TwinStore

    init() throws {
        folder = try TemporaryFolder()
        store = try TwinStore(
            path: folder.url.appending(path: "store").path,
            pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 3, count: 32)))
    }

    @Test("A history has the model's indices, and leaves out unknown items")
    func indices() throws {
        _ = try store.append([
            bought("u", "b", 10), bought("u", "new", 20), bought("u", "a", 20, type: .view),
            bought("u", nil, 30, type: .search), bought("v", "a", 5),
        ])
        let histories = try TwinHistories(
            store, catalogue: ModelCatalogue(itemIDs: ["a", "b", "c"]))
        let found = try histories.history(of: try store.snapshot(of: "u"))
        #expect(found.items == [1, 0])
        #expect(found.types == [purchase, view])
        #expect(found.times == [10, 20])
        #expect(try histories.history(of: try store.snapshot(of: "nobody")).isEmpty)
    }

    @Test("A later item of the store is found at once")
    func refresh() throws {
        let histories = try TwinHistories(store, catalogue: ModelCatalogue(itemIDs: ["a", "b"]))
        #expect(try histories.history(of: try store.snapshot(of: "u")).isEmpty)
        _ = try store.append([bought("u", "a", 1)])
        #expect(try histories.history(of: try store.snapshot(of: "u")).items == [0])
        _ = try store.append([bought("u", "x", 2), bought("u", "b", 3)])
        #expect(try histories.history(of: try store.snapshot(of: "u")).items == [0, 1])
    }

    @Test("A history as of a time ends with it")
    func until() throws {
        _ = try store.append((1...5).map { bought("u", "a", Int64($0)) })
        let histories = try TwinHistories(store, catalogue: ModelCatalogue(itemIDs: ["a"]))
        for (basket, count) in [(0, 0), (3, 3), (9, 5)] {
            let found = try histories.history(
                of: try store.snapshot(of: "u", asOf: Timestamp(seconds: Int64(basket))))
            #expect(found.count == count)
        }
    }

    @Test("A store's customers are training data, one sequence each")
    func trainingData() throws {
        _ = try store.append([
            bought("u", "b", 10), bought("v", "b", 5), bought("u", "a", 3), bought("w", "c", 1),
            bought("u", nil, 4, type: .search),
        ])
        let data = try TrainingData(store)
        #expect(data.catalogue.itemIDs == ["b", "a", "c"])
        #expect(data.sequences.items == [1, 0, 0, 2])
        #expect(data.owners.isEmpty)
        let often = try TrainingData(store, minimumItemCount: 2)
        #expect(often.catalogue.itemIDs == ["b"])
        #expect(often.droppedEventCount == 2)
    }

    @Test("Many threads may read at once, while new items come")
    func threads() async throws {
        let histories = try TwinHistories(
            store, catalogue: ModelCatalogue(itemIDs: (0..<50).map { "i\($0)" }))
        let store = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for item in 0..<50 { _ = try store.append([bought("u", "i\(item)", Int64(item))]) }
            }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<60 {
                        let found = try histories.history(of: try store.snapshot(of: "u"))
                        #expect(found.items == (0..<found.count).map { Int32($0) })
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try histories.history(of: try store.snapshot(of: "u")).count == 50)
    }
}
