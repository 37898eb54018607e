import Foundation
import Kernels
import Learning
import Shop
import SyntheticShop
import Testing

@testable import Prediction

@Suite("Items without events")
struct NewItemsTests {
    /// A shop in which an item of each of its categories has no events: as if it were new.
    private struct Shop {
        let data: TrainingData
        let events: [Event]
        let newIDs: Set<String>
        let categories: [String: String]

        static let shared = Result { try Shop() }
        static let trained = Result {
            try Trainer(World.configuration(width: 16, epochs: 4)).train(try shared.get().data) {
                _ in
            }
        }

        init() throws {
            let shop = try ShopGenerator(.init(customers: 80, items: 60, days: 60))
            var newest: [String: String] = [:]
            var categories: [String: String] = [:]
            for item in shop.items {
                guard let category = item.category else { continue }
                newest[category] = item.itemID
                categories[item.itemID] = category
            }
            let held = Set(newest.values)
            self.categories = categories
            let events = shop.events().filter { event in
                event.itemID.map { !held.contains($0) } ?? true
            }
            self.events = Array(events)
            // Some items of the shop come later, and are new as well.
            let touched = Set(events.compactMap(\.itemID))
            newIDs = Set(shop.items.map(\.itemID)).subtracting(touched)
            data = TrainingData(events, by: \.userID, items: shop.items)
        }

        /// A purchase a day after a customer's last visit.
        func tomorrow(of sequence: Int) -> PredictionQuery {
            let history = History(data.sequences, sequence: sequence)
            return PredictionQuery(
                history: history, time: (history.lastTime ?? 0) + day, type: purchase,
                sameBasket: false)
        }
    }

    @Test("They are at the end of the catalogue, and only those with a common word")
    func catalogue() throws {
        let shop = try Shop.shared.get()
        let model = try Shop.trained.get().model
        let known = shop.data.catalogue.count
        #expect(Set(model.catalogue.itemIDs.dropFirst(known)) == shop.newIDs)
        #expect(Array(model.catalogue.itemIDs.prefix(known)) == shop.data.catalogue.itemIDs)
        #expect(model.embeddings.count == model.catalogue.count)
        #expect(model.sequence.model.configuration.itemCount == model.catalogue.count)
        #expect(try Shop.trained.get().metrics.newItemCount == shop.newIDs.count)
        #expect(try Shop.trained.get().metrics.itemCount == known)

        let stranger = Item(itemID: "stranger", name: "Unheard", category: "Nowhere")
        let events = try World.events.get()
        let data = TrainingData(events, by: \.userID, items: [stranger])
        #expect(NewItems(data).catalogue.itemIDs == data.catalogue.itemIDs)
    }

    /// The odds of first events of items, by Good's estimate.
    private func expectedOdds(_ shop: Shop) -> Double {
        var counts = [Int](repeating: 0, count: shop.data.catalogue.count)
        for item in shop.data.sequences.items { counts[Int(item)] += 1 }
        let probability =
            Double(counts.count { $0 == 1 } + 1) / Double(shop.data.sequences.items.count + 2)
        return probability / (1 - probability)
    }

    @Test(
        "Where their likelihood is fitted, they are in all just as likely as first events of items")
    func fitted() throws {
        let shop = try Shop.shared.get()
        let known = shop.data.catalogue.count
        // Trained without descriptions of the new items.
        let plain = try Trainer(World.configuration(width: 16, epochs: 2))
            .train(TrainingData(shop.events, by: \.userID)) { _ in }.model
        try #require(plain.catalogue.itemIDs == shop.data.catalogue.itemIDs)
        let queries = (0..<shop.data.sequences.count).map { sequence in
            var query = shop.tomorrow(of: sequence)
            query.state = plain.sequence.state(after: query.history)
            return query
        }
        let joined = NewItems(shop.data).joined(to: plain.sequence, queries: queries)
        var odds = 0.0
        for query in queries {
            let probabilities = joined.model.itemProbabilities(
                try #require(query.state), gaps: [query.gap], weekParts: [query.weekPart],
                types: [query.type.rawValue]
            ).elements
            let new = probabilities.dropFirst(known).reduce(0) { $0 + Double($1) }
            odds += new / (1 - new)
        }
        // One number is fitted to one mean, so only rounding is left.
        let ratio = odds / Double(queries.count) / expectedOdds(shop)
        #expect(abs(ratio - 1) < 1e-3, "\(ratio)")
    }

    @Test("They are possible, about equally for all, and all items sum to 1")
    func mass() throws {
        let shop = try Shop.shared.get()
        let model = try Shop.trained.get().model
        let known = shop.data.catalogue.count
        var odds = 0.0
        var asked = 0
        for sequence in 0..<shop.data.sequences.count {
            let query = shop.tomorrow(of: sequence)
            let network = model.prediction(for: query, using: [.sequence]).probabilities
            let whole = model.prediction(for: query).probabilities
            #expect(abs(whole.reduce(0, +) - 1) < 1e-4)
            let all = whole.dropFirst(known).allSatisfy { $0 > 0 }
            #expect(all)
            let new = network.dropFirst(known).reduce(0) { $0 + Double($1) }
            odds += new / (1 - new)
            asked += 1
        }
        // Fitted to baskets of the eight held-out customers. These are other baskets of all eighty,
        // so the tolerance allows for differences between customers.
        let ratio = odds / Double(asked) / expectedOdds(shop)
        #expect(ratio > 1.0 / 3 && ratio < 3, "\(ratio)")
    }

    @Test("One is more likely for buyers of its category, where its neighbours are")
    func kind() throws {
        let shop = try Shop.shared.get()
        let model = try Shop.trained.get().model
        let catalogue = model.catalogue
        let categories = catalogue.itemIDs.map { shop.categories[$0] }
        var (lovers, others) = ([Double](), [Double]())
        for sequence in 0..<shop.data.sequences.count {
            let query = shop.tomorrow(of: sequence)
            let network = model.prediction(for: query, using: [.sequence]).probabilities
            let recent = query.history.items.suffix(20).compactMap { categories[Int($0)] }
            let new = catalogue.count - shop.newIDs.count
            let total = network.dropFirst(new).reduce(0) { $0 + Double($1) }
            for index in new..<catalogue.count {
                let probability = Double(network[index]) / total
                let love = recent.count { $0 == categories[index] }
                if love >= 5 { lovers.append(probability) }
                if love == 0 { others.append(probability) }
            }
        }
        #expect(lovers.count > 10 && others.count > 10, "\(lovers.count) \(others.count)")
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        #expect(mean(lovers) > 1.2 * mean(others), "\(mean(lovers)) \(mean(others))")

        var (same, all) = (0, 0)
        for index in catalogue.count - shop.newIDs.count..<catalogue.count {
            for (other, _) in model.embeddings.nearest(to: index, count: 5) {
                same += categories[other] == categories[index] ? 1 : 0
                all += 1
            }
        }
        let kinds = Set(shop.categories.values).count
        #expect(Double(same) / Double(all) > 2 / Double(kinds), "\(same) of \(all), \(kinds) kinds")
    }

    @Test("Nothing changes without new items")
    func without() throws {
        let data = try World.data.get()
        let model = try World.model()
        #expect(model.catalogue.itemIDs == data.catalogue.itemIDs)
        let events = try World.events.get()
        let shop = try ShopGenerator(.init(customers: 40, items: 60, days: 60))
        let known = Set(data.catalogue.itemIDs)
        let described = TrainingData(
            events, by: \.userID, items: shop.items.filter { known.contains($0.itemID) })
        let again = try Trainer(World.configuration()).train(described) { _ in }.model
        #expect(again.embeddings == model.embeddings)
        #expect(again.mixture.weights == model.mixture.weights)
    }
}

@Suite("Words about items")
struct ItemContentTests {
    @Test("Category and brand stay whole, texts are split, each word counts once")
    func words() {
        let item = Item(
            itemID: "a", name: "Fresh Milk, 1l fresh", category: "Dairy & Eggs", brand: "Hof",
            description: "Crème from a HOF. Milk!")
        #expect(
            ItemContent.words(of: item) == [
                "category: dairy & eggs", "brand: hof", "fresh", "milk", "1l", "crème", "from",
                "hof",
            ])
    }

    @Test("An id is no name, and long texts are cut")
    func limits() {
        #expect(ItemContent.words(of: Item(itemID: "sku 7")).isEmpty)
        let long = (0..<500).map { "word\($0)" }.joined(separator: " ")
        #expect(ItemContent.words(of: Item(itemID: "a", description: long)).count == 64)
        #expect(ItemContent.words(of: Item(itemID: "a", name: "··· ??? !")).isEmpty)
    }

    @Test("New items keep the words of known ones, and are dropped without any")
    func new() {
        let content = ItemContent(
            known: [Item(itemID: "a", category: "Tea"), nil],
            new: [
                Item(itemID: "b", name: "Green", category: "tea"),
                Item(itemID: "c", category: "Coffee"),
            ])
        #expect(content.words == [[0], []] && content.wordCount == 1)
        #expect(content.newItemIDs == ["b"] && content.newWords == [[0]])
    }
}
