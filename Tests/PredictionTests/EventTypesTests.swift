import Foundation
import Kernels
import Learning
import Shop
import TestSupport
import Testing
import Time
import TwinStorage

@testable import Prediction

@Suite("Event types of a model")
struct EventTypesTests {
    private let folder: TemporaryFolder
    private let store: TwinStore

    init() throws {
        folder = try TemporaryFolder()
        store = try TwinStore(
            path: folder.url.appending(path: "store").path,
            pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 3, count: 32)))
    }

    private static let newer = EventType.allCases.filter { $0.role != .behaviour }

    @Test("Events of types that are no behaviour change nothing that a model learns from")
    func trainingData() throws {
        let events = [
            bought("u", "b", 10), bought("v", "b", 5), bought("u", "a", 30, type: .view),
            bought("v", "a", 50, type: .return),
        ]
        var busy = events
        for (number, type) in Self.newer.enumerated() {
            busy.insert(bought("u", "a", Int64(11 + number), type: type), at: 1)
            busy.append(bought("w", "never seen", Int64(number), type: type))
        }
        let plain = TrainingData(events, by: \.userID)
        let noisy = TrainingData(busy, by: \.userID)
        #expect(noisy.sequences == plain.sequences && noisy.owners == plain.owners)
        #expect(noisy.catalogue.itemIDs == plain.catalogue.itemIDs)
        #expect(noisy.droppedEventCount == 0)
        #expect(plain.eventTypes == .original && noisy.eventTypes == .original)
        _ = try store.append(events)
        let before = try TrainingData(store)
        _ = try store.append(busy.filter { $0.type.role != .behaviour })
        let after = try TrainingData(store)
        #expect(after.sequences == before.sequences)
        #expect(after.catalogue.itemIDs == before.catalogue.itemIDs)
        #expect(after.eventTypes == .original)
    }

    @Test("A history leaves out events of types that the model does not know")
    func histories() throws {
        _ = try store.append([
            bought("u", "a", 10), bought("u", "b", 20, type: .impression),
            bought("u", "b", 30, type: .view), bought("u", "a", 40, type: .offerAccepted),
        ])
        let catalogue = ModelCatalogue(itemIDs: ["a", "b"])
        func types(_ vocabulary: EventVocabulary) throws -> [EventType] {
            try TwinHistories(store, catalogue: catalogue, eventTypes: vocabulary)
                .history(of: try store.snapshot(of: "u")).types
        }
        #expect(try types(.original) == [.purchase, .view])
        #expect(try types(EventVocabulary([.purchase])) == [.purchase])
        let all = EventVocabulary(EventVocabulary.original.types + [.offerAccepted])
        #expect(try types(all) == [.purchase, .view, .offerAccepted])
    }

    @Test("The LSTM passes over what it does not know, and numbers types by its vocabulary")
    func sequence() throws {
        let model = try World.model()
        var known = History()
        var mixed = History()
        for step in Int64(0)..<6 {
            known.append(item: Int32(step), type: .view, time: step * day)
            mixed.append(item: Int32(step), type: .view, time: step * day)
            mixed.append(item: 7, type: .impression, time: step * day + 60)
        }
        let a = model.sequence.prediction(for: query(known))
        let asked = PredictionQuery(
            history: mixed, time: (known.lastTime ?? 0) + day, type: purchase, sameBasket: false,
            state: model.sequence.state(after: mixed))
        let b = model.sequence.prediction(
            for: PredictionQuery(
                history: known, time: asked.time, type: purchase, sameBasket: false,
                state: asked.state))
        for item in Int32(0)..<60 { #expect(a.probability(of: item) == b.probability(of: item)) }
        var unknown = History()
        unknown.append(item: 1, type: .impression, time: 0)
        #expect(model.sequence.state(after: unknown) == nil)
        // Asking for an unknown type is answered, and by no type in particular.
        for type in Self.newer {
            let answer = model.prediction(for: query(known, type: type))
            #expect(abs(answer.probabilities.reduce(0, +) - 1) < 1e-4)
            #expect(model.nextQuery(after: known, types: [type]).type.role == .behaviour)
        }
        // Another order of the same types is another numbering of the same network's types.
        let reversed = SequenceExpert(
            model: model.sequence.model,
            eventTypes: EventVocabulary(EventVocabulary.original.types.reversed()))
        #expect(reversed.eventTypes.index(of: .return) == 0)
        var views = History()
        views.append(item: 3, type: .view, time: 0)
        var returns = History()
        returns.append(item: 3, type: .return, time: 0)
        #expect(
            reversed.prediction(for: query(views, type: .view)).probability(of: 3)
                == model.sequence.prediction(for: query(returns, type: .return))
                .probability(of: 3))
    }

    @Test("A model of few types learns, predicts and numbers them from 0")
    func fewTypes() throws {
        let types = EventVocabulary([.purchase, .view])
        let data = TrainingData(try World.events.get(), by: \.userID, eventTypes: types)
        let trained = try Trainer(World.configuration(epochs: 1)).train(data) { _ in }.model
        #expect(trained.sequence.model.configuration.typeCount == 2)
        #expect(trained.history.layout.weightCount == trained.history.weights.count)
        for sequence in stride(from: 0, to: data.sequences.count, by: 7) {
            var past = History(data.sequences, sequence: sequence).prefix(baskets: 6)
            past.append(item: 0, type: .cartAdd, time: (past.lastTime ?? 0) + day)
            let prediction = trained.prediction(for: query(past))
            #expect(abs(prediction.probabilities.reduce(0, +) - 1) < 1e-4)
            #expect(types.contains(trained.nextQuery(after: past).type))
        }
    }
}

@Suite("Returns in repeat purchases")
struct ReturnedPurchaseTests {
    @Test("A return takes the latest earlier purchase out of the contacts")
    func byHand() throws {
        var past = History()
        func contacts(_ item: Int32 = 0) throws -> ItemRecurrence {
            try #require(RecurrenceTracker(past).recurrence(of: item))
        }
        past.append(item: 0, type: .purchase, time: 0)
        past.append(item: 1, type: .purchase, time: day)
        past.append(item: 0, type: .view, time: 2 * day)
        past.append(item: 0, type: .purchase, time: 3 * day)
        #expect(try contacts().count == 3)
        past.append(item: 0, type: .return, time: 4 * day)
        #expect(try contacts().count == 3)
        #expect(try contacts().lastType == .return && contacts().lastBasket == 4)
        let fading = ItemRecurrence.fading
        let slow = 1 + fading.x * fading.x + fading.x * fading.x * fading.x * fading.x
        #expect(abs(try contacts().faded(at: 4).x - slow) < 1e-5)
        past.append(item: 0, type: .return, time: 5 * day)
        #expect(try contacts().count == 3)
        // There is no purchase left.
        past.append(item: 0, type: .return, time: 6 * day)
        #expect(try contacts().count == 4)
        #expect(try contacts().firstBasket == 0 && contacts(1).count == 1)
    }

    @Test("Contacts are those of a naive count", arguments: UInt64(0)..<40)
    func naive(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var past = History()
        var bought = [Int](repeating: 0, count: 3)
        for basket in 0..<14 {
            for _ in 0...generator.below(3) {
                let item = generator.below(3)
                var type = generator.pick([EventType.purchase, .return, .view])
                // As many purchases as are kept.
                if type == .purchase { bought[item] += 1 }
                if type == .purchase, bought[item] > 4 { type = .view }
                past.append(item: Int32(item), type: type, time: Int64(basket) * day)
            }
        }
        let tracker = RecurrenceTracker(past)
        for (item, found) in zip(tracker.items, tracker.recurrences) {
            func types(_ basket: Int) -> [EventType] {
                past.basket(basket).filter { past.items[$0] == item }.map { past.types[$0] }
            }
            var taken: Set<Int> = []
            for basket in 0..<past.basketCount {
                for _ in types(basket).filter({ $0 == .return }) {
                    let purchase = (0..<basket).last {
                        types($0).contains(.purchase) && !taken.contains($0)
                    }
                    if let purchase { taken.insert(purchase) }
                }
            }
            let contacts = (0..<past.basketCount).filter { basket in
                types(basket).contains { $0 != .purchase || !taken.contains(basket) }
            }
            #expect(found.count == contacts.count, "seed \(seed), item \(item)")
            let faded = contacts.reduce(SIMD2<Float>()) {
                $0 + BasketCountTables.fading(past.basketCount - $1)
            }
            let difference = found.faded(at: past.basketCount) - faded
            #expect(
                abs(difference.x) < 1e-4 && abs(difference.y) < 1e-4, "seed \(seed), item \(item)")
        }
    }

    @Test("What everybody returns is taken for what is not bought again")
    func habits() {
        func habit(_ last: EventType) -> ItemRepeatStatistics.Habit {
            var made = EventSequences()
            for _ in 0..<50 {
                made.append(
                    items: [0, 1, 0], types: [5, 5, last.rawValue], times: [0, day, 2 * day])
            }
            return ItemRepeatStatistics(made)[0]
        }
        #expect(habit(.return).returns < habit(.purchase).returns)
        #expect(habit(.return).rate < habit(.purchase).rate)
    }
}
