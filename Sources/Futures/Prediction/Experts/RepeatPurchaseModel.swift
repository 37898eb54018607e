import Foundation
package import Learning
package import Shop

/// Repeat purchases: the probability that each item of the history is in the next basket.
///
/// A logistic regression on how often, how recently and how regularly the item came back, and on
/// the item's statistics over all customers. Each event type that a query may ask for has its own
/// weights. The regression combines decayed frequency and purchase rhythm in one formula.
package struct RepeatPurchaseModel: Expert {
    /// The weights of the regression; see ``RecurrenceFeatures``.
    package let weights: [Float]
    /// The statistics of each item over all customers.
    let habits: ItemRepeatStatistics
    /// Where the weights of each event type are.
    let layout: RecurrenceFeatures.Layout

    /// Which expert this is.
    package var name: ExpertID { .history }

    /// Learns from the recurrences of all sequences.
    ///
    /// - Parameters:
    ///   - sequences: The sequences; their types are raw values of `EventType`.
    ///   - eventTypes: The event types that the model knows.
    /// - Complexity: O(Σ baskets × distinct items) over the sequences.
    package init(_ sequences: EventSequences, eventTypes: EventVocabulary = .original) {
        habits = ItemRepeatStatistics(sequences)
        layout = RecurrenceFeatures.Layout(eventTypes)
        var regression = RecurrenceRegression(habits, layout)
        regression.learn(sequences)
        weights = regression.weights
    }

    init(
        weights: [Float], habits: ItemRepeatStatistics, eventTypes: EventVocabulary = .original
    ) {
        self.weights = weights
        self.habits = habits
        layout = RecurrenceFeatures.Layout(eventTypes)
    }

    /// The items of the history in proportion to their probabilities.
    package func prediction(for query: PredictionQuery) -> ExpertPrediction {
        let tracker = RecurrenceTracker(query.history)
        var weights: [Int32: Float] = [:]
        weights.reserveCapacity(tracker.items.count)
        for (item, recurrence) in zip(tracker.items, tracker.recurrences) {
            weights[item] = probability(
                of: item, recurrence, baskets: tracker.basketCount, time: query.time,
                type: query.type)
        }
        if query.sameBasket {
            for item in query.history.lastBasket { weights[item] = nil }
        }
        return ExpertPrediction(weights: weights)
    }

    /// The probability that an item is in the next basket.
    ///
    /// - Parameters:
    ///   - item: The item.
    ///   - recurrence: The customer's contacts with it.
    ///   - baskets: The number of baskets so far.
    ///   - time: The time of the next basket, in seconds since 1970.
    ///   - type: The type of the next event.
    /// - Returns: The probability, between 0 and 1.
    package func probability(
        of item: Int32, _ recurrence: ItemRecurrence, baskets: Int, time: Int64, type: EventType
    ) -> Float {
        let features = RecurrenceFeatures(
            recurrence, habits[item], baskets: baskets, time: time, type: type, layout)
        return 1 / (1 + exp(-features.logit(weights)))
    }
}

/// Learns the weights with AdaGrad (Duchi, Hazan and Singer 2011).
private struct RecurrenceRegression {
    private(set) var weights: [Float]
    private var squares: [Float]

    private static let rate: Float = 0.05
    /// The greatest number of cases in a pass; beyond it, only every n-th sequence is used.
    private static let caseCountMax = 40_000_000
    private static let passes = 2
    /// The initial bias: the log-odds of a recurrence without other information.
    private static let startBias: Float = -4

    private let habits: ItemRepeatStatistics
    private let layout: RecurrenceFeatures.Layout

    init(_ habits: ItemRepeatStatistics, _ layout: RecurrenceFeatures.Layout) {
        self.habits = habits
        self.layout = layout
        weights = [Float](repeating: 0, count: layout.weightCount)
        squares = [Float](repeating: 1e-3, count: layout.weightCount)
        for type in 0..<layout.typeCount { weights[type * layout.stride] = Self.startBias }
    }

    mutating func learn(_ sequences: EventSequences) {
        let stride = max(1, Self.caseCount(sequences) / Self.caseCountMax)
        for _ in 0..<Self.passes {
            for sequence in Swift.stride(from: 0, to: sequences.count, by: stride) {
                learn(History(sequences, sequence: sequence))
            }
        }
    }

    /// The approximate number of cases: baskets times distinct items until then.
    private static func caseCount(_ sequences: EventSequences) -> Int {
        (0..<sequences.count).reduce(0) { sum, sequence in
            let length = sequences.range(of: sequence).count
            let distinct = Set(sequences.items[sequences.range(of: sequence)]).count
            return sum + length * distinct / 8
        }
    }

    private mutating func learn(_ history: History) {
        var tracker = RecurrenceTracker()
        for basket in 0..<history.basketCount {
            let events = history.basket(basket)
            var present: [EventType: Set<Int32>] = [:]
            for event in events {
                present[history.types[event], default: []].insert(history.items[event])
            }
            let time = history.times[events.lowerBound]
            for (type, items) in present.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                for (item, recurrence) in zip(tracker.items, tracker.recurrences) {
                    step(
                        RecurrenceFeatures(
                            recurrence, habits[item], baskets: basket, time: time, type: type,
                            layout),
                        isHit: items.contains(item))
                }
            }
            tracker.observe(history, events: events)
        }
    }

    private mutating func step(_ features: RecurrenceFeatures, isHit: Bool) {
        let probability = 1 / (1 + exp(-features.logit(weights)))
        let slope = probability - (isHit ? 1 : 0)
        move(features.base, slope)
        for index in 0..<RecurrenceFeatures.numberCount {
            move(features.base + 1 + index, slope * features.numbers[index])
        }
        for index in 0..<RecurrenceFeatures.classCount {
            move(Int(features.classes[index]), slope)
        }
    }

    private mutating func move(_ index: Int, _ slope: Float) {
        squares[index] += slope * slope
        weights[index] -= Self.rate * slope / squares[index].squareRoot()
    }
}
