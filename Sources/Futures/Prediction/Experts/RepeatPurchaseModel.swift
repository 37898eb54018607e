import Foundation
package import Learning
package import Shop

/// What a twin does again: for each item it has met, the probability of meeting it at the next
/// moment, learned from everybody's repetitions.
///
/// A logistic regression on how often, how lately and how regularly an item came back, and on
/// whether and how soon everybody comes back to it, with its own weights for each type of event
/// asked for. It holds decayed frequency and re-purchase rhythm in one formula, and learns from the
/// data how much each of them tells.
package struct RepeatPurchaseModel: Expert {
    /// The weights of the regression; see ``RecurrenceFeatures``.
    package let weights: [Float]
    /// What everybody does with each item.
    let habits: ItemRepeatStatistics
    /// Where the weights of each event type are.
    let layout: RecurrenceFeatures.Layout

    /// Which evidence this is.
    package var name: ExpertID { .history }

    /// Learns from the repetitions of all sequences.
    ///
    /// - Complexity: O(Σ moments × distinct items) over the sequences.
    package init(_ sequences: EventSequences, eventTypes: EventVocabulary = .original) {
        habits = ItemRepeatStatistics(sequences)
        layout = RecurrenceFeatures.Layout(eventTypes)
        var regression = RepetitionRegression(habits, layout)
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

    /// The items of the history in proportion to their probabilities of repetition.
    package func prediction(for context: PredictionQuery) -> ExpertPrediction {
        let tracker = RecurrenceTracker(context.history)
        var weights: [Int32: Float] = [:]
        weights.reserveCapacity(tracker.items.count)
        for (item, repetition) in zip(tracker.items, tracker.repetitions) {
            weights[item] = probability(
                of: item, repetition, moments: tracker.basketCount, time: context.time,
                type: context.type)
        }
        if context.sameBasket {
            for item in context.history.lastBasket { weights[item] = nil }
        }
        return ExpertPrediction(weights: weights)
    }

    /// The probability that an item comes back at the next moment.
    package func probability(
        of item: Int32, _ repetition: ItemRecurrence, moments: Int, time: Int64, type: EventType
    ) -> Float {
        let features = RecurrenceFeatures(
            repetition, habits[item], moments: moments, time: time, type: type, layout)
        return 1 / (1 + exp(-features.logit(weights)))
    }
}

/// Learns the weights by stochastic gradient steps of a size that falls for each weight by itself
/// (AdaGrad, Duchi, Hazan and Singer 2011).
private struct RepetitionRegression {
    private(set) var weights: [Float]
    private var squares: [Float]

    private static let rate: Float = 0.05
    /// Cases that are learned from in one pass at most; beyond that, every n-th sequence is.
    private static let caseCountMax = 40_000_000
    private static let passes = 2
    /// Log-odds of a repetition of which nothing else is known.
    private static let startBias: Float = -4

    private let habits: ItemRepeatStatistics
    private let layout: RecurrenceFeatures.Layout

    init(_ habits: ItemRepeatStatistics, _ layout: RecurrenceFeatures.Layout) {
        self.habits = habits
        self.layout = layout
        weights = [Float](repeating: 0, count: layout.weightCount)
        squares = [Float](repeating: 1e-3, count: layout.weightCount)
        for type in 0..<layout.eventTypes.count { weights[type * layout.stride] = Self.startBias }
    }

    mutating func learn(_ sequences: EventSequences) {
        let stride = max(1, Self.caseCount(sequences) / Self.caseCountMax)
        for _ in 0..<Self.passes {
            for sequence in Swift.stride(from: 0, to: sequences.count, by: stride) {
                learn(History(sequences, sequence: sequence))
            }
        }
    }

    /// About how many cases there are: moments times items met by then.
    private static func caseCount(_ sequences: EventSequences) -> Int {
        (0..<sequences.count).reduce(0) { sum, sequence in
            let length = sequences.range(of: sequence).count
            let distinct = Set(sequences.items[sequences.range(of: sequence)]).count
            return sum + length * distinct / 8
        }
    }

    private mutating func learn(_ history: History) {
        var tracker = RecurrenceTracker()
        for moment in 0..<history.basketCount {
            let events = history.moment(moment)
            var present: [EventType: Set<Int32>] = [:]
            for event in events {
                present[history.types[event], default: []].insert(history.items[event])
            }
            let time = history.times[events.lowerBound]
            for (type, items) in present.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                for (item, repetition) in zip(tracker.items, tracker.repetitions) {
                    step(
                        RecurrenceFeatures(
                            repetition, habits[item], moments: moment, time: time, type: type,
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

    private mutating func move(_ place: Int, _ slope: Float) {
        squares[place] += slope * slope
        weights[place] -= Self.rate * slope / squares[place].squareRoot()
    }
}
