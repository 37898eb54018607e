import Prediction
import Shop

/// Draws items from the experts other than the LSTM, for any path of one twin.
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
    private let followers: OwnFollowers
    private let wanted: [Bool]

    init(
        model: PredictionModel, popularity: CumulativeTable, history: History,
        evidence: Set<ExpertID>
    ) {
        self.model = model
        self.popularity = popularity
        repetitions = RecurrenceTable(
            model.history, past: RecurrenceTracker(history), from: history.lastTime ?? 0)
        followers = OwnFollowers(history)
        wanted = ExpertID.allCases.map { evidence.contains($0) }
        // What like twins did does not change while one of them is imagined going on.
        let context = PredictionQuery(
            history: history, time: history.lastTime ?? 0, type: .view, sameBasket: false)
        neighbours =
            evidence.contains(.neighbours)
            ? CumulativeTable(model.neighbours.prediction(for: context)) : CumulativeTable(.none)
    }

    /// Which sources have something to say.
    func speaking(sameBasket: Bool) -> [Bool] {
        var speaking = wanted
        let known = !repetitions.past.items.isEmpty
        speaking[Self.sequenceIndex] = speaking[Self.sequenceIndex] && known
        speaking[Self.historyIndex] = speaking[Self.historyIndex] && known
        speaking[Self.personalTransitionsIndex] = speaking[Self.personalTransitionsIndex] && known
        speaking[Self.transitionsIndex] = speaking[Self.transitionsIndex] && known
        speaking[Self.neighboursIndex] = speaking[Self.neighboursIndex] && !neighbours.isEmpty
        return speaking
    }

    /// What an item had meant to the twin before the simulation.
    func repetition(of item: Int32) -> ItemRecurrence? { repetitions.past.recurrence(of: item) }

    /// Works out what many draws of a step share.
    mutating func prepare(_ questions: Set<RecurrenceTable.Question>) {
        if wanted[Self.historyIndex] { repetitions.prepare(questions) }
    }

    /// Draws an item from a source; `nil` if it has none, or is the LSTM.
    func item(
        source: Int, memory: PathMemory, time: Int64, type: EventType, sameBasket: Bool,
        random: (Int) -> Double
    ) -> Int32? {
        switch source {
        case Self.historyIndex:
            return repeated(memory, time: time, type: type, uniform: random(0))
        case Self.personalTransitionsIndex:
            return followers.draw(
                after: memory.moments.last ?? [], sameBasket: sameBasket, random: random)
        case Self.transitionsIndex: return following(memory, sameBasket, random)
        case Self.neighboursIndex: return neighbours.draw(random(0))
        case Self.popularityIndex: return popularity.draw(random(0))
        default: return nil
        }
    }

    private func repeated(
        _ memory: PathMemory, time: Int64, type: EventType, uniform: Double
    ) -> Int32? {
        let moments = memory.basketCount
        let past = repetitions.past
        func probability(of item: Int32) -> Float {
            memory.repetitions[item].map {
                model.history.probability(of: item, $0, baskets: moments, time: time, type: type)
            } ?? 0
        }
        var weights = repetitions.probabilities(
            RecurrenceTable.Question(baskets: moments, type: type), at: time)
        for item in memory.repetitions.keys {
            if let slot = past.slot(of: item) { weights[slot] = probability(of: item) }
        }
        weights += memory.newItems.map(probability)
        return drawIndex(weights, uniform).map {
            $0 < past.items.count ? past.items[$0] : memory.newItems[$0 - past.items.count]
        }
    }

    private func following(
        _ memory: PathMemory, _ sameBasket: Bool, _ random: (Int) -> Double
    ) -> Int32? {
        let rows = sameBasket ? model.transitions.together : model.transitions.following
        let reach = sameBasket ? 1 : memory.moments.count
        guard reach > 0 else { return nil }
        let shares = (1...reach).map { 1 / Float($0) }
        guard let distance = drawIndex(shares, random(0)) else { return nil }
        let moment = memory.moments[memory.moments.count - 1 - distance]
        let from = moment[min(moment.count - 1, Int(random(1) * Double(moment.count)))]
        let row = rows.row(Int(from))
        return drawIndex(rows.weights[row], random(2)).map { rows.columns[row.lowerBound + $0] }
    }

    private static func index(_ name: ExpertID) -> Int {
        ExpertID.allCases.firstIndex(of: name) ?? 0
    }
}

/// What followed what in one twin, for drawing.
struct OwnFollowers: Sendable {
    private var moments: [[Int32]] = []
    /// The moments that an item occurs in.
    private var occurrences: [Int32: [Int]] = [:]

    init(_ history: History) {
        for index in 0..<history.basketCount {
            let items = Array(history.items[history.basket(index)])
            for item in Set(items) { occurrences[item, default: []].append(index) }
            moments.append(items)
        }
    }

    /// Draws one of the newest items, one of its earlier moments, and an item of the moment after
    /// (of that moment, for one more item of the same basket).
    func draw(after newest: [Int32], sameBasket: Bool, random: (Int) -> Double) -> Int32? {
        guard let item = Self.pick(newest, random(0)),
            let moment = Self.pick(occurrences[item] ?? [], random(1))
        else { return nil }
        let next = sameBasket ? moment : moment + 1
        guard moments.indices.contains(next) else { return nil }
        return Self.pick(moments[next], random(2))
    }

    private static func pick<Element>(_ elements: [Element], _ uniform: Double) -> Element? {
        elements.isEmpty
            ? nil : elements[min(elements.count - 1, Int(uniform * Double(elements.count)))]
    }
}
