import Prediction
import Shop

/// Samples items from the experts other than the LSTM, for any path of one twin.
struct ItemSampler: Sendable {
    static let sequenceIndex = index(.sequence)
    static let popularityIndex = index(.popularity)
    private static let historyIndex = index(.history)
    private static let personalTransitionsIndex = index(.personalTransitions)
    private static let transitionsIndex = index(.transitions)
    private static let neighboursIndex = index(.neighbours)

    private let model: PredictionModel
    private let popularity: CumulativeTable
    private let neighbours: CumulativeTable
    private var repetitions: RecurrenceTable
    private let followers: FollowerSampler
    /// Whether each expert is switched on.
    private let isEnabled: [Bool]

    init(
        model: PredictionModel, popularity: CumulativeTable, history: History,
        experts: Set<ExpertID>
    ) {
        self.model = model
        self.popularity = popularity
        repetitions = RecurrenceTable(
            model.history, past: RecurrenceTracker(history), from: history.lastTime ?? 0)
        followers = FollowerSampler(history)
        isEnabled = ExpertID.allCases.map { experts.contains($0) }
        // The neighbours of a twin stay the same during a simulation.
        let query = PredictionQuery(
            history: history, time: history.lastTime ?? 0, type: .view, sameBasket: false)
        neighbours =
            experts.contains(.neighbours)
            ? CumulativeTable(model.neighbours.prediction(for: query)) : CumulativeTable(.none)
    }

    /// Which experts are available, in the order of the mixture.
    func availableExperts() -> [Bool] {
        var available = isEnabled
        let isKnown = !repetitions.past.items.isEmpty
        available[Self.sequenceIndex] = available[Self.sequenceIndex] && isKnown
        available[Self.historyIndex] = available[Self.historyIndex] && isKnown
        available[Self.personalTransitionsIndex] =
            available[Self.personalTransitionsIndex] && isKnown
        available[Self.transitionsIndex] = available[Self.transitionsIndex] && isKnown
        available[Self.neighboursIndex] = available[Self.neighboursIndex] && !neighbours.isEmpty
        return available
    }

    /// The recurrence of an item before the simulation; `nil` if it is new to the twin.
    func recurrence(of item: Int32) -> ItemRecurrence? { repetitions.past.recurrence(of: item) }

    /// Computes what several samples of one step share.
    mutating func prepare(_ questions: Set<RecurrenceTable.Question>) {
        if isEnabled[Self.historyIndex] { repetitions.prepare(questions) }
    }

    /// Samples an item from an expert.
    ///
    /// - Parameters:
    ///   - expert: The index of the expert in the mixture.
    ///   - memory: The path so far.
    ///   - time: The time of the event.
    ///   - type: The type of the event.
    ///   - sameBasket: Whether the event belongs to the path's newest basket.
    ///   - random: Random numbers from 0 up to 1, numbered from 0 to 2.
    /// - Returns: An item; `nil` if the expert has none, or is the LSTM.
    func item(
        expert: Int, memory: PathMemory, time: Int64, type: EventType, sameBasket: Bool,
        random: (Int) -> Double
    ) -> Int32? {
        switch expert {
        case Self.historyIndex:
            return repeatedItem(memory, time: time, type: type, uniform: random(0))
        case Self.personalTransitionsIndex:
            return followers.sample(
                after: memory.newestBaskets.last ?? [], sameBasket: sameBasket, random: random)
        case Self.transitionsIndex:
            return followingItem(memory, sameBasket: sameBasket, random)
        case Self.neighboursIndex: return neighbours.sample(at: random(0))
        case Self.popularityIndex: return popularity.sample(at: random(0))
        default: return nil
        }
    }

    private func repeatedItem(
        _ memory: PathMemory, time: Int64, type: EventType, uniform: Double
    ) -> Int32? {
        let basketCount = memory.basketCount
        let past = repetitions.past
        func probability(of item: Int32) -> Float {
            memory.recurrences[item].map {
                model.history.probability(
                    of: item, $0, baskets: basketCount, time: time, type: type)
            } ?? 0
        }
        var weights = repetitions.probabilities(
            RecurrenceTable.Question(baskets: basketCount, type: type), at: time)
        for item in memory.recurrences.keys {
            if let slot = past.slot(of: item) { weights[slot] = probability(of: item) }
        }
        weights += memory.newItems.map(probability)
        return sampleIndex(weights, at: uniform).map {
            $0 < past.items.count ? past.items[$0] : memory.newItems[$0 - past.items.count]
        }
    }

    private func followingItem(
        _ memory: PathMemory, sameBasket: Bool, _ random: (Int) -> Double
    ) -> Int32? {
        let rows = sameBasket ? model.transitions.together : model.transitions.following
        let reach = sameBasket ? 1 : memory.newestBaskets.count
        guard reach > 0 else { return nil }
        let weights = (1...reach).map { 1 / Float($0) }
        guard let distance = sampleIndex(weights, at: random(0)) else { return nil }
        let basket = memory.newestBaskets[memory.newestBaskets.count - 1 - distance]
        let from = basket[min(basket.count - 1, Int(random(1) * Double(basket.count)))]
        let row = rows.row(Int(from))
        return sampleIndex(rows.weights[row], at: random(2))
            .map { rows.columns[row.lowerBound + $0] }
    }

    private static func index(_ name: ExpertID) -> Int {
        ExpertID.allCases.firstIndex(of: name) ?? 0
    }
}

/// Samples items by the transitions between the baskets of one twin.
struct FollowerSampler: Sendable {
    private var baskets: [[Int32]] = []
    /// The indices of the baskets that hold an item.
    private var occurrences: [Int32: [Int]] = [:]

    init(_ history: History) {
        for index in 0..<history.basketCount {
            let items = Array(history.items[history.basket(index)])
            for item in Set(items) { occurrences[item, default: []].append(index) }
            baskets.append(items)
        }
    }

    /// Samples an item of the newest basket, one of the baskets that hold it, and an item of the
    /// basket after that one, or of the same one for one more item of a basket.
    func sample(after newest: [Int32], sameBasket: Bool, random: (Int) -> Double) -> Int32? {
        guard let item = Self.pick(newest, at: random(0)),
            let basket = Self.pick(occurrences[item] ?? [], at: random(1))
        else { return nil }
        let next = sameBasket ? basket : basket + 1
        guard baskets.indices.contains(next) else { return nil }
        return Self.pick(baskets[next], at: random(2))
    }

    private static func pick<Element>(_ elements: [Element], at uniform: Double) -> Element? {
        elements.isEmpty
            ? nil : elements[min(elements.count - 1, Int(uniform * Double(elements.count)))]
    }
}
