import Foundation
package import Learning

/// What similar customers did: nearest sequences by common items vote for items around those.
///
/// After V-SKNN (Ludewig and Jannach, "Evaluation of Session-based Recommendation Algorithms",
/// 2018) and STAN (Garg et al., "Sequence and Time Aware Neighborhood for Session-based
/// Recommendations", 2019). A sequence is similar if it has the customer's newest and rarest items.
/// The most similar ones vote for their items. Items near a common item get the most weight.
package struct Neighbours: Expert {
    /// The number of nearest sequences that vote.
    package static let neighbourCount = 200
    /// The number of the customer's newest distinct items that are looked up.
    package static let queryLimit = 48
    /// The number of newest sequences that are kept for each item.
    package static let postingLimit = 1000
    /// The number of newest events that are kept of a sequence.
    package static let lengthLimit = 512
    /// An item of the query this many baskets ago has weight 1/e.
    static let queryReach: Float = 3
    /// A vote this many baskets from the common item has weight 1/e.
    static let voteReach: Float = 6
    /// The weight of a vote for an item before the common item, relative to one after it.
    static let beforeWeight: Float = 0.8
    /// A sequence that ended this many days ago has weight 1/e.
    static let dayReach: Float = 80

    /// The newest events of all sequences.
    let events: NeighbourEvents
    /// The newest sequences with each item, in ascending order.
    private let postings: [[Int32]]
    /// log(1 + sequences / sequences with the item), by item.
    private let rarity: [Float]
    /// √ of the norm of the vector of distinct items, divided by the weight of the sequence's age.
    private let divisors: [Float]
    private let accumulators = VoteAccumulatorPool()

    /// Which expert this is.
    package var name: ExpertID { .neighbours }

    /// Indexes all sequences by their items.
    ///
    /// - Parameters:
    ///   - sequences: The sequences.
    ///   - itemCount: The number of items.
    ///   - keys: The customer of each sequence, for ``forgetting(_:)``; empty if unknown.
    package init(_ sequences: EventSequences, itemCount: Int, keys: [RowKey] = []) {
        self.init(NeighbourEvents(sequences, keys: keys), itemCount: itemCount)
    }

    /// A copy without the sequences of some customers; `nil` if it has none of them.
    func forgetting(_ erased: Set<RowKey>) -> Neighbours? {
        events.forgetting(erased).map { Neighbours($0, itemCount: postings.count) }
    }

    init(_ events: NeighbourEvents, itemCount: Int) {
        self.events = events
        var postings = [[Int32]](repeating: [], count: itemCount)
        var divisors: [Float] = []
        var last = [Int32](repeating: -1, count: itemCount)
        for sequence in 0..<events.count {
            var distinct: Float = 0
            for event in events.range(of: sequence) {
                let item = Int(events.items[event])
                guard last[item] != Int32(sequence) else { continue }
                last[item] = Int32(sequence)
                postings[item].append(Int32(sequence))
                distinct += 1
            }
            // √(√n) in place of the cosine's √n, because long sequences hold more information.
            let age = exp(events.days(since: sequence) / Self.dayReach)
            divisors.append(distinct.squareRoot().squareRoot() * age)
        }
        let total = Float(events.count)
        rarity = postings.map { log(1 + total / Float($0.count + 1)) }
        self.postings = postings.map { Array($0.suffix(Self.postingLimit)) }
        self.divisors = divisors
    }

    /// The items of the nearest sequences, weighted by similarity and distance.
    ///
    /// - Complexity: O(``queryLimit`` · ``postingLimit`` + ``neighbourCount`` · events of a
    ///   neighbour around the common item).
    package func prediction(for query: PredictionQuery) -> ExpertPrediction {
        let queryItems = queryItems(query.history)
        guard !queryItems.isEmpty else { return .none }
        return accumulators.with(sequences: events.count, items: postings.count) { accumulator in
            let nearest = nearestSequences(to: queryItems, in: query.history, &accumulator)
            var ranks: [Int32: Int] = [:]
            for (rank, entry) in queryItems.enumerated() { ranks[entry.item] = rank }
            for (sequence, similarity) in nearest {
                vote(from: sequence, similarity: similarity, ranks: ranks, &accumulator)
            }
            if query.sameBasket {
                for item in query.history.lastBasket where Int(item) < postings.count {
                    accumulator.votes[Int(item)] = 0
                }
            }
            return accumulator.drainVotes()
        }
    }

    private struct QueryItem {
        var item: Int32
        var weight: Float
    }

    /// The newest distinct items, newest first, each with the weight recency × rarity².
    private func queryItems(_ history: History) -> [QueryItem] {
        var seen: Set<Int32> = []
        var queryItems: [QueryItem] = []
        for basket in (0..<history.basketCount).reversed() {
            let recency = exp(-Float(history.basketCount - 1 - basket) / Self.queryReach)
            for event in history.basket(basket).reversed() {
                let item = history.items[event]
                guard queryItems.count < Self.queryLimit else { return queryItems }
                guard Int(item) < rarity.count, seen.insert(item).inserted else { continue }
                let rarity = rarity[Int(item)]
                queryItems.append(QueryItem(item: item, weight: recency * rarity * rarity))
            }
        }
        return queryItems
    }

    /// The sequences with the greatest similarity, most similar first.
    private func nearestSequences(
        to queryItems: [QueryItem], in history: History, _ accumulator: inout VoteAccumulator
    ) -> [(sequence: Int, similarity: Float)] {
        for entry in queryItems {
            for sequence in postings[Int(entry.item)] {
                accumulator.add(entry.weight, toSequence: Int(sequence))
            }
        }
        // The bit patterns of positive numbers are in numeric order, so one integer is the sort
        // key.
        var keys = accumulator.drainSequences { sequence, similarity in
            UInt64((similarity / divisors[sequence]).bitPattern) << 32 | UInt64(sequence)
        }
        keys.sort(by: >)
        var nearest: [(sequence: Int, similarity: Float)] = []
        for key in keys where nearest.count < Self.neighbourCount {
            let sequence = Int(key & 0xFFFF_FFFF)
            // The customer's own training sequence is skipped.
            guard !events.isBeginning(sequence, of: history) else { continue }
            nearest.append((sequence, Float(bitPattern: UInt32(key >> 32))))
        }
        return nearest
    }

    /// Votes for the items of a sequence around the customer's newest item in it.
    ///
    /// - Parameters:
    ///   - sequence: The sequence.
    ///   - similarity: Its similarity, by which all votes are multiplied.
    ///   - ranks: The rank of each item of the query, 0 for the newest.
    ///   - accumulator: Where the votes are added.
    private func vote(
        from sequence: Int, similarity: Float, ranks: [Int32: Int],
        _ accumulator: inout VoteAccumulator
    ) {
        let range = events.range(of: sequence)
        var common = range.upperBound
        var best = Int.max
        for event in range {
            guard let rank = ranks[events.items[event]], rank <= best else { continue }
            (best, common) = (rank, event)
        }
        guard common < range.upperBound else { return }
        let middle = events.baskets[common]
        let reach = Int32(4 * Self.voteReach)
        for event in range where abs(events.baskets[event] - middle) <= reach {
            let distance = Float(events.baskets[event] - middle)
            var weight = similarity * exp(-abs(distance) / Self.voteReach)
            if distance < 0 { weight *= Self.beforeWeight }
            let item = Int(events.items[event])
            accumulator.add(weight * rarity[item], toItem: item)
        }
    }
}
