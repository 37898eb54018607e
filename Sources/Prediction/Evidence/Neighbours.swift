import Foundation
public import Learning

/// What twins like this one did: nearest sequences by weighted common items.
///
/// After V-SKNN (Ludewig and Jannach, "Evaluation of Session-based Recommendation Algorithms",
/// 2018): newer items of the asking twin weigh more, rare items weigh more, and the nearest
/// sequences vote for their items.
public struct Neighbours: EvidenceSource {
    /// How many nearest sequences vote.
    public static let neighbourCount = 120
    /// How many of the newest distinct items ask.
    public static let queryLimit = 24
    /// How many of the newest sequences an item leads to.
    public static let postingLimit = 600

    /// Where each sequence's items begin; one more than there are sequences.
    public let offsets: [Int32]
    /// The distinct items of each sequence.
    public let items: [Int32]
    /// The weight of each of ``items``: the square root of how often it occurred.
    public let weights: [Float]
    private let postings: [[Int32]]
    private let norms: [Float]

    /// Which evidence this is.
    public var name: EvidenceName { .neighbours }

    /// Indexes all sequences by their items.
    public init(_ sequences: EventSequences, itemCount: Int) {
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var weights: [Float] = []
        for sequence in 0..<sequences.count {
            var counts: [Int32: Int] = [:]
            for event in sequences.range(of: sequence) {
                counts[sequences.items[event], default: 0] += 1
            }
            for (item, count) in counts.sorted(by: { $0.key < $1.key }) {
                items.append(item)
                weights.append(Float(count).squareRoot())
            }
            offsets.append(Int32(items.count))
        }
        self.init(offsets: offsets, items: items, weights: weights, itemCount: itemCount)
    }

    init(offsets: [Int32], items: [Int32], weights: [Float], itemCount: Int) {
        self.offsets = offsets
        self.items = items
        self.weights = weights
        var postings = [[Int32]](repeating: [], count: itemCount)
        var norms: [Float] = []
        for sequence in 0..<max(0, offsets.count - 1) {
            var square: Float = 0
            for entry in Int(offsets[sequence])..<Int(offsets[sequence + 1]) {
                postings[Int(items[entry])].append(Int32(sequence))
                square += weights[entry] * weights[entry]
            }
            norms.append(square.squareRoot())
        }
        self.postings = postings.map { Array($0.suffix(Self.postingLimit)) }
        self.norms = norms
    }

    /// The items of the nearest sequences, weighted by nearness.
    public func evidence(for context: Context) -> Evidence {
        let query = queryWeights(context.history)
        guard !query.isEmpty else { return .none }
        let nearest = nearestSequences(query)
        let newest = Set(context.history.lastMoment)
        var votes: [Int32: Float] = [:]
        for (sequence, similarity) in nearest {
            for entry in Int(offsets[Int(sequence)])..<Int(offsets[Int(sequence) + 1])
            where !newest.contains(items[entry]) {
                votes[items[entry], default: 0] += similarity * weights[entry]
            }
        }
        return Evidence(weights: votes)
    }

    /// The newest distinct items, each with recency × rarity.
    private func queryWeights(_ history: History) -> [(item: Int32, weight: Float)] {
        var seen: Set<Int32> = []
        var query: [(item: Int32, weight: Float)] = []
        for item in history.items.reversed() where seen.insert(item).inserted {
            guard query.count < Self.queryLimit else { break }
            query.append((item, 0))
        }
        let total = Float(max(1, offsets.count - 1))
        for index in query.indices {
            let recency = 1 - Float(index) / Float(query.count)
            let rarity = log(1 + total / Float(postings[Int(query[index].item)].count + 1))
            query[index].weight = recency * rarity
        }
        return query
    }

    private func nearestSequences(
        _ query: [(item: Int32, weight: Float)]
    ) -> [(sequence: Int32, similarity: Float)] {
        var similarities: [Int32: Float] = [:]
        var matches: [Int32: Int] = [:]
        for (item, weight) in query {
            for sequence in postings[Int(item)] {
                similarities[sequence, default: 0] += weight
                matches[sequence, default: 0] += 1
            }
        }
        // A sequence that holds every one of many items asked for is the asking twin itself, as
        // it was in training; what it will do next is not evidence from others.
        let isLong = query.count >= Self.queryLimit
        return
            similarities
            .filter { !(isLong && matches[$0.key] == query.count) }
            .map { (sequence: $0.key, similarity: $0.value / norms[Int($0.key)]) }
            .sorted { ($1.similarity, $1.sequence) < ($0.similarity, $0.sequence) }
            .prefix(Self.neighbourCount).map { $0 }
    }
}
