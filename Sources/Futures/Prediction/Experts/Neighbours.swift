import Foundation
package import Learning

/// What twins like this one did: nearest sequences by common items, and what lies around those.
///
/// After V-SKNN (Ludewig and Jannach, "Evaluation of Session-based Recommendation Algorithms",
/// 2018) and STAN (Garg et al., "Sequence and Time Aware Neighborhood for Session-based
/// Recommendations", 2019). A sequence is near if it has the newest and rarest items of the asking
/// twin; the nearest ones vote for their items, most for those next to what both have.
package struct Neighbours: Expert {
    /// How many nearest sequences vote.
    package static let neighbourCount = 200
    /// How many of the newest distinct items ask.
    package static let queryLimit = 48
    /// To how many of the newest sequences an item leads.
    package static let postingLimit = 1000
    /// The newest events of a sequence that are known.
    package static let lengthLimit = 512
    /// Moments after which an item of the asking twin counts 1/e.
    static let queryReach: Float = 3
    /// Moments from the common item after which a vote counts 1/e.
    static let voteReach: Float = 6
    /// What a vote for something before the common item counts beside one for something after it.
    static let beforeShare: Float = 0.8
    /// Days after which a sequence that has ended counts 1/e.
    static let dayReach: Float = 80

    /// The events of all sequences, oldest first.
    let events: NeighbourEvents
    private let postings: [[Int32]]
    /// log(1 + sequences / sequences with the item), by item.
    private let rarity: [Float]
    /// √ of the length of the vector of distinct items, by sequence, over the weight of its age.
    private let divisors: [Float]
    private let scratch = VoteAccumulatorPool()

    /// Which evidence this is.
    package var name: ExpertID { .neighbours }

    /// Indexes all sequences by their items.
    ///
    /// - Parameters:
    ///   - sequences: The sequences.
    ///   - itemCount: The number of items.
    ///   - keys: Whose sequence each is, for ``forgetting(_:)``; empty if nobody needs to know.
    package init(_ sequences: EventSequences, itemCount: Int, keys: [RowKey] = []) {
        self.init(NeighbourEvents(sequences, keys: keys), itemCount: itemCount)
    }

    /// The same without the sequences of some customers; `nil` if it has none of them.
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
            // √ of √n: half of the cosine's own, for long sequences do tell more.
            let age = exp(events.days(since: sequence) / Self.dayReach)
            divisors.append(distinct.squareRoot().squareRoot() * age)
        }
        let total = Float(events.count)
        rarity = postings.map { log(1 + total / Float($0.count + 1)) }
        self.postings = postings.map { Array($0.suffix(Self.postingLimit)) }
        self.divisors = divisors
    }

    /// The items of the nearest sequences, weighted by nearness.
    ///
    /// - Complexity: O(``queryLimit`` · ``postingLimit`` + ``neighbourCount`` · events of a
    ///   neighbour around the common item).
    package func prediction(for context: PredictionQuery) -> ExpertPrediction {
        let query = queryItems(context.history)
        guard !query.isEmpty else { return .none }
        return scratch.with(sequences: events.count, items: postings.count) { scratch in
            let nearest = nearestSequences(query, context.history, &scratch)
            var order: [Int32: Int] = [:]
            for (place, entry) in query.enumerated() { order[entry.item] = place }
            for (sequence, similarity) in nearest {
                vote(sequence, similarity, order, &scratch)
            }
            if context.sameBasket {
                for item in context.history.lastBasket where Int(item) < postings.count {
                    scratch.votes[Int(item)] = 0
                }
            }
            return scratch.drainVotes()
        }
    }

    private struct QueryItem {
        var item: Int32
        var weight: Float
    }

    /// The newest distinct items, newest first, each with recency × rarity².
    private func queryItems(_ history: History) -> [QueryItem] {
        var seen: Set<Int32> = []
        var query: [QueryItem] = []
        for moment in (0..<history.basketCount).reversed() {
            let recency = exp(-Float(history.basketCount - 1 - moment) / Self.queryReach)
            for event in history.moment(moment).reversed() {
                let item = history.items[event]
                guard query.count < Self.queryLimit else { return query }
                guard Int(item) < rarity.count, seen.insert(item).inserted else { continue }
                let rarity = rarity[Int(item)]
                query.append(QueryItem(item: item, weight: recency * rarity * rarity))
            }
        }
        return query
    }

    private func nearestSequences(
        _ query: [QueryItem], _ history: History, _ scratch: inout VoteAccumulator
    ) -> [(sequence: Int, similarity: Float)] {
        for entry in query {
            for sequence in postings[Int(entry.item)] {
                scratch.add(entry.weight, toSequence: Int(sequence))
            }
        }
        // Positive numbers are ordered as their bits are, so one integer holds what to sort by.
        var keys = scratch.takeSequences { sequence, similarity in
            UInt64((similarity / divisors[sequence]).bitPattern) << 32 | UInt64(sequence)
        }
        keys.sort(by: >)
        var nearest: [(sequence: Int, similarity: Float)] = []
        for key in keys where nearest.count < Self.neighbourCount {
            let sequence = Int(key & 0xFFFF_FFFF)
            // The asking twin as it was in training has nothing to tell it.
            guard !events.isBeginning(sequence, of: history) else { continue }
            nearest.append((sequence, Float(bitPattern: UInt32(key >> 32))))
        }
        return nearest
    }

    /// Votes for the items of a sequence around the newest item that it has in common.
    private func vote(
        _ sequence: Int, _ similarity: Float, _ order: [Int32: Int],
        _ scratch: inout VoteAccumulator
    ) {
        let range = events.range(of: sequence)
        var common = range.upperBound
        var best = Int.max
        for event in range {
            guard let place = order[events.items[event]], place <= best else { continue }
            (best, common) = (place, event)
        }
        guard common < range.upperBound else { return }
        let middle = events.moments[common]
        let reach = Int32(4 * Self.voteReach)
        for event in range where abs(events.moments[event] - middle) <= reach {
            let distance = Float(events.moments[event] - middle)
            var weight = similarity * exp(-abs(distance) / Self.voteReach)
            if distance < 0 { weight *= Self.beforeShare }
            let item = Int(events.items[event])
            scratch.add(weight * rarity[item], toItem: item)
        }
    }
}
