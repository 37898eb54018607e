import Kernels
import Learning
import Prediction
import Shop

/// A block of a simulation's paths, simulated together step by step.
///
/// Blocks share no mutable state, so any number of them can run in parallel.
struct PathBlock {
    private let plan: SimulationPlan
    let random: PathRandom
    private var itemSampler: ItemSampler
    private(set) var neuralSampler: NeuralItemSampler
    /// The LSTM's states of the ``active`` paths, in their order.
    private var state: SequenceModel.State
    /// The indices of the paths that have not ended.
    private var active: [Int]
    private(set) var paths: [PathMemory]

    /// Begins some of the paths of a simulation.
    init(_ plan: SimulationPlan, paths range: Range<Int>) {
        self.plan = plan
        let random = PathRandom(seed: plan.settings.seed, firstPath: range.lowerBound)
        self.random = random
        itemSampler = plan.itemSampler
        neuralSampler = NeuralItemSampler(
            plan.network, isExact: plan.settings.samplesItemsExactly)
        // Paths of customers who have left are empty.
        active = (0..<range.count).filter {
            random.uniform(.churn, path: $0, at: RandomStep(step: 0)) >= plan.churnProbability
        }
        state = plan.network.state(repeating: plan.state, count: active.count)
        paths = [PathMemory](repeating: plan.memory, count: range.count)
    }

    /// Whether any path has not ended.
    var isUnderWay: Bool { !active.isEmpty }

    /// The proposed next event of a path.
    struct StepProposal: Sendable {
        /// The index of the path in the block.
        var path: Int
        var time: Int64
        var gap: UInt8
        var weekPart: UInt8
        var type: EventType
        /// The index of the expert that the item comes from.
        var expert = ItemSampler.popularityIndex
        var item: Int32?
        /// Whether the factor of the day has thinned it out, so that it does not happen.
        var isThinned = false

        /// Whether the event belongs to the path's newest basket.
        var sameBasket: Bool { gap == 0 }
    }

    /// What the mixture weights of some proposals depend on; one row for each proposal.
    struct StepFeatures {
        var state: SequenceModel.State
        var gatingFeatures: Matrix
    }

    /// Moves all active paths by one event, and ends those that pass the horizon.
    mutating func advance(step: Int) {
        let step = RandomStep(step: step)
        var gaps = sampleGaps(at: step)
        let end = plan.origin + plan.settings.horizonSeconds
        let alive = active.indices.filter { paths[active[$0]].time + gaps[$0].seconds <= end }
        if alive.count < active.count {
            state = plan.network.select(state, rows: alive)
            active = alive.map { active[$0] }
            gaps = alive.map { gaps[$0] }
        }
        guard !active.isEmpty else { return }
        var proposals = propose(gaps, at: step)
        let features = features(of: proposals, state)
        sampleItems(
            &proposals, rows: Array(proposals.indices), features: features, at: step)
        var further: [FurtherProposal] = []
        if let factors = plan.factors {
            thin(&proposals, by: factors, at: step)
            further = furtherPurchases(
                beside: proposals, features: features, factors: factors, at: step)
        }
        state = commit(proposals, from: state)
        commit(further)
    }

    /// Samples the class of the time to the next event, and a time within it.
    private func sampleGaps(at step: RandomStep) -> [(gap: UInt8, seconds: Int64)] {
        let probabilities = plan.network.gapProbabilities(state)
        return active.indices.map { row in
            var weights = probabilities.row(row)
            let isFirst = step.step == 0
            if isFirst { condition(&weights) }
            let uniform = random.uniform(.gap, path: active[row], at: step)
            let gap = sampleIndex(weights, at: uniform) ?? weights.count - 1
            let bounds = TimeGap.bounds(gap)
            // After a silence longer than all classes, the last class begins anew.
            let left = isFirst ? timeLeft(bounds) ?? bounds : bounds
            return (UInt8(gap), seconds(in: left, row: row, at: step))
        }
    }

    /// Samples a number of seconds from a range that begins with the path's newest event.
    ///
    /// Short ranges are sampled uniformly, longer ones by the customer's visit hours.
    private func seconds(
        in range: ClosedRange<Int64>, row: Int, at step: RandomStep
    ) -> Int64 {
        let path = active[row]
        let first = random.uniform(.time(.week), path: path, at: step)
        guard range.upperBound >= WeekPart.seconds else {
            return range.lowerBound + Int64(first * Double(range.count))
        }
        let now = paths[path].time
        let time = plan.hours.sample(
            now + range.lowerBound...now + range.upperBound,
            at: (
                first, random.uniform(.time(.weekPart), path: path, at: step),
                random.uniform(.time(.second), path: path, at: step)
            ))
        return time - now
    }

    /// The types of some proposals by their indices in the model's vocabulary, as the LSTM has them.
    private func typeIndices(of proposals: [StepProposal]) -> [UInt8] {
        proposals.map { plan.model.eventTypes.index(of: $0.type) }
    }

    /// Weights each class of gaps by the part of it that is not over at the origin.
    ///
    /// The class of gap 0 is ruled out too: the first event begins a new basket.
    private func condition(_ weights: inout ArraySlice<Float>) {
        for (gap, index) in weights.indices.enumerated() {
            let bounds = TimeGap.bounds(gap)
            weights[index] *= Float(timeLeft(bounds)?.count ?? 0) / Float(bounds.count)
        }
        if !weights.contains(where: { $0 > 0 }) { weights[weights.endIndex - 1] = 1 }
    }

    /// The part of a class of gaps that is after the origin, in seconds from the origin; `nil` if
    /// the class is over.
    ///
    /// The gap begins with the newest event.
    private func timeLeft(_ gap: ClosedRange<Int64>) -> ClosedRange<Int64>? {
        let elapsed = plan.elapsed
        guard gap.upperBound > elapsed else { return nil }
        return max(1, gap.lowerBound - elapsed)...(gap.upperBound - elapsed)
    }

    /// Samples the type of each path's next event.
    private func propose(
        _ gaps: [(gap: UInt8, seconds: Int64)], at step: RandomStep
    ) -> [StepProposal] {
        let times = active.indices.map { paths[active[$0]].time + gaps[$0].seconds }
        let weekParts = times.map { UInt8(WeekPart.index(time: $0)) }
        let probabilities = plan.network.typeProbabilities(
            state, gaps: gaps.map(\.gap), weekParts: weekParts)
        return active.indices.map { row in
            let uniform = random.uniform(.type, path: active[row], at: step)
            let index = sampleIndex(probabilities.row(row), at: uniform) ?? 0
            return StepProposal(
                path: active[row], time: times[row], gap: gaps[row].gap,
                weekPart: weekParts[row], type: plan.model.eventTypes.types[index])
        }
    }

    /// What the mixture weights of some proposals depend on.
    private func features(
        of proposals: [StepProposal], _ state: SequenceModel.State
    ) -> StepFeatures {
        StepFeatures(
            state: state,
            gatingFeatures: plan.network.gatingFeatures(
                state, gaps: proposals.map(\.gap), weekParts: proposals.map(\.weekPart),
                types: typeIndices(of: proposals)))
    }

    /// Samples expert and item of some proposals; the item is `nil` if no expert has one.
    ///
    /// - Parameters:
    ///   - proposals: Proposals with time and type.
    ///   - rows: The indices of those to sample for.
    ///   - features: The features of all proposals.
    ///   - step: The step and round, which select the random numbers.
    mutating func sampleItems(
        _ proposals: inout [StepProposal], rows: [Int], features: StepFeatures,
        at step: RandomStep
    ) {
        itemSampler.prepare(
            Set(
                rows.map {
                    RecurrenceTable.Question(
                        baskets: paths[proposals[$0].path].basketCount, type: proposals[$0].type)
                }))
        for row in rows {
            sampleItem(
                &proposals[row], gatingFeatures: features.gatingFeatures.row(row), at: step)
        }
        sampleNeuralItems(&proposals, rows: rows, state: features.state, at: step)
    }

    /// Samples an expert, and an item from it unless it is the LSTM.
    private func sampleItem(
        _ proposal: inout StepProposal, gatingFeatures: ArraySlice<Float>, at step: RandomStep
    ) {
        let memory = paths[proposal.path]
        proposal.item = nil
        let sameBasket = proposal.sameBasket && !memory.newestBaskets.isEmpty
        let gateInput = Mixture.GateInput(
            baskets: memory.basketCount, sameBasket: sameBasket,
            gatingFeatures: memory.basketCount == 0 ? [] : gatingFeatures)
        var available = itemSampler.availableExperts()
        // The weight of an expert without an item goes to the others, as in a prediction.
        for attempt in 0..<available.count where proposal.item == nil {
            let weights = plan.model.mixture.weights(gateInput, available: available)
            let uniform = random.uniform(.expert(attempt: attempt), path: proposal.path, at: step)
            let expert = sampleIndex(weights, at: uniform)
            // If no expert is available from the start, the item is sampled by popularity.
            if expert == nil, attempt > 0 { break }
            proposal.expert = expert ?? ItemSampler.popularityIndex
            if proposal.expert == ItemSampler.sequenceIndex { break }
            available[proposal.expert] = false
            for itemTry in 0..<RandomSlot.itemTries where proposal.item == nil {
                // Capturing `self` in the closure would copy the block.
                let (random, path) = (random, proposal.path)
                let item = itemSampler.item(
                    expert: proposal.expert, memory: memory, time: proposal.time,
                    type: proposal.type, sameBasket: sameBasket,
                    random: {
                        random.uniform(
                            .item(attempt: attempt, itemTry: itemTry, number: $0), path: path,
                            at: step)
                    })
                if let item, !(sameBasket && memory.newestBasketContains(item)) {
                    proposal.item = item
                }
            }
        }
    }

    /// Samples the items of the proposals whose expert is the LSTM, as matrix products.
    private mutating func sampleNeuralItems(
        _ proposals: inout [StepProposal], rows: [Int], state: SequenceModel.State,
        at step: RandomStep
    ) {
        let rows = rows.filter { proposals[$0].expert == ItemSampler.sequenceIndex }
        let tries = RandomSlot.neuralItemTries
        let query = plan.network.itemQuery(
            plan.network.select(state, rows: rows), gaps: rows.map { proposals[$0].gap },
            weekParts: rows.map { proposals[$0].weekPart },
            types: typeIndices(of: rows.map { proposals[$0] }))
        let items = neuralSampler.sample(
            query,
            offsets: rows.map {
                random.uniform(.proposalOffset, path: proposals[$0].path, at: step)
            },
            at: rows.flatMap { row in
                (0..<tries).map {
                    random.uniform(.neuralItem(itemTry: $0), path: proposals[row].path, at: step)
                }
            })
        for (index, row) in rows.enumerated() {
            let memory = paths[proposals[row].path]
            let sameBasket = proposals[row].sameBasket
            proposals[row].item = items[index * tries..<(index + 1) * tries].first {
                $0 >= 0 && !(sameBasket && memory.newestBasketContains($0))
            }
        }
    }

    /// Appends the proposed events and moves the LSTM by them.
    ///
    /// A proposal without an item adds no event.
    ///
    /// - Parameters:
    ///   - proposals: Proposals of some paths.
    ///   - state: The LSTM's states of these paths, in their order.
    /// - Returns: The states after the events.
    private mutating func commit(
        _ proposals: [StepProposal], from state: SequenceModel.State
    ) -> SequenceModel.State {
        var state = state
        for proposal in proposals {
            guard let item = proposal.item else { continue }
            let event = SimulatedEvent(
                time: proposal.time, type: proposal.type, item: item,
                expertIndex: UInt8(proposal.expert))
            if proposal.isThinned {
                paths[proposal.path].skip(event, sameBasket: proposal.sameBasket)
            } else {
                paths[proposal.path].append(
                    event, sameBasket: proposal.sameBasket,
                    past: itemSampler.recurrence(of: item))
            }
        }
        plan.network.advance(
            &state, items: proposals.map { $0.item ?? -1 }, types: typeIndices(of: proposals),
            gaps: proposals.map(\.gap), weekParts: proposals.map(\.weekPart))
        return state
    }

    /// Appends further events to the newest baskets of paths, those of one path one by one.
    private mutating func commit(_ further: [FurtherProposal]) {
        var left = further
        while !left.isEmpty {
            var taken: Set<Int> = []
            let now = left.filter { taken.insert($0.row).inserted }
            var seen: Set<Int> = []
            left = left.filter { !seen.insert($0.row).inserted }
            let rows = now.map(\.row)
            let moved = commit(
                now.map(\.proposal), from: plan.network.select(state, rows: rows))
            plan.network.replace(rows, of: &state, with: moved)
        }
    }
}
