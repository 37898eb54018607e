import Kernels
import Learning
import Prediction
import Shop

/// A block of a simulation's paths under way, step by step.
///
/// Blocks know nothing of each other, so that any number of them can be under way at once.
struct PathBlock {
    private let start: SimulationPlan
    let random: Numbers
    private var draws: ItemSampler
    private(set) var head: NeuralItemSampler
    /// The LSTM's states of ``active`` paths, in that order.
    private var state: SequenceModel.State
    private var active: [Int]
    private(set) var paths: [PathMemory]

    /// Begins some of the paths of a simulation.
    init(_ start: SimulationPlan, paths range: Range<Int>) {
        self.start = start
        let random = Numbers(seed: start.settings.seed, firstPath: range.lowerBound)
        self.random = random
        draws = start.draws
        head = NeuralItemSampler(start.network, isExact: start.settings.goesThroughCatalogue)
        // In some of the futures the customer has left.
        active = (0..<range.count).filter { random($0, 0, 109) >= start.departed }
        state = start.network.state(repeating: start.state, count: active.count)
        paths = [PathMemory](repeating: start.memory, count: range.count)
    }

    var isUnderWay: Bool { !active.isEmpty }

    /// What a path does in one step.
    struct StepProposal: Sendable {
        /// The path.
        var path: Int
        var time: Int64
        var gap: UInt8
        var weekPart: UInt8
        var type: EventType
        var source = ItemSampler.popularityIndex
        var item: Int32?
        /// Whether the day is against it, so that it does not happen.
        var isRefused = false
    }

    /// What the shares of sources depend on, for some drafts in their order.
    struct StepFeatures {
        var state: SequenceModel.State
        var outlooks: Matrix
    }

    /// Moves all paths that are under way by one event, and retires those past the horizon.
    mutating func advance(step: Int) {
        var gaps = timesToNext(step: step)
        let end = start.origin + start.settings.horizonSeconds
        let alive = active.indices.filter { paths[active[$0]].time + gaps[$0].seconds <= end }
        if alive.count < active.count {
            state = start.network.select(state, rows: alive)
            active = alive.map { active[$0] }
            gaps = alive.map { gaps[$0] }
        }
        guard !active.isEmpty else { return }
        var drafts = draft(gaps, step: step)
        let scene = scene(state, drafts)
        drawItems(&drafts, rows: Array(drafts.indices), scene, lane: step)
        var more: [(row: Int, draft: StepProposal)] = []
        if let factors = start.factors {
            thin(&drafts, factors, step: step)
            more = further(drafts, scene, factors, step: step)
        }
        state = commit(drafts, state)
        add(more)
    }

    /// The random numbers of the paths of a block, from 0 up to 1.
    struct Numbers: Sendable {
        let seed: UInt64
        let firstPath: Int

        func callAsFunction(_ path: Int, _ step: Int, _ purpose: Int) -> Double {
            Philox(seed: seed, stream: UInt64(firstPath + path))
                .uniform(at: UInt64(step * 128 + purpose))
        }
    }

    /// Draws the class of the time to the next event, and a time within it.
    private func timesToNext(step: Int) -> [(gap: UInt8, seconds: Int64)] {
        let probabilities = start.network.gapProbabilities(state)
        return active.indices.map { row in
            var weights = probabilities.row(row)
            if step == 0 { condition(&weights) }
            let uniform = random(active[row], step, 0)
            let gap = drawIndex(weights, uniform) ?? weights.count - 1
            let bounds = TimeGap.bounds(gap)
            // A twin that has been silent for longer than any class begins the last one anew.
            let left = step == 0 ? timeLeft(bounds) ?? bounds : bounds
            return (UInt8(gap), seconds(left, row: row, step: step))
        }
    }

    /// Draws from a range of seconds after the path's newest event: within a visit any is as likely
    /// as another, and visits are at the customer's hours.
    private func seconds(_ range: ClosedRange<Int64>, row: Int, step: Int) -> Int64 {
        let path = active[row]
        let first = random(path, step, 1)
        guard range.upperBound >= WeekPart.seconds else {
            return range.lowerBound + Int64(first * Double(range.count))
        }
        let now = paths[path].time
        let time = start.hours.draw(
            now + range.lowerBound...now + range.upperBound,
            (first, random(path, step, 103), random(path, step, 104)))
        return time - now
    }

    /// Rules out, for the first step, gaps that have passed already without an event.
    ///
    /// A new visit begins with a later moment, so no gap is not a possibility either.
    private func condition(_ weights: inout ArraySlice<Float>) {
        for (gap, place) in weights.indices.enumerated() {
            let bounds = TimeGap.bounds(gap)
            weights[place] *= Float(timeLeft(bounds)?.count ?? 0) / Float(bounds.count)
        }
        if !weights.contains(where: { $0 > 0 }) { weights[weights.endIndex - 1] = 1 }
    }

    /// What is left, from the origin on, of a class of gaps that began with the newest event;
    /// `nil` if it has passed.
    private func timeLeft(_ gap: ClosedRange<Int64>) -> ClosedRange<Int64>? {
        let elapsed = start.elapsed
        guard gap.upperBound > elapsed else { return nil }
        return max(1, gap.lowerBound - elapsed)...(gap.upperBound - elapsed)
    }

    /// Draws the type of each path's next event.
    private func draft(_ gaps: [(gap: UInt8, seconds: Int64)], step: Int) -> [StepProposal] {
        let times = active.indices.map { paths[active[$0]].time + gaps[$0].seconds }
        let weekParts = times.map { UInt8(WeekPart.index(time: $0)) }
        let probabilities = start.network.typeProbabilities(
            state, gaps: gaps.map(\.gap), weekParts: weekParts)
        return active.indices.map { row in
            let index = drawIndex(probabilities.row(row), random(active[row], step, 2)) ?? 0
            return StepProposal(
                path: active[row], time: times[row], gap: gaps[row].gap,
                weekPart: weekParts[row], type: start.model.eventTypes.types[index])
        }
    }

    /// The types of some drafts as the LSTM numbers them.
    private func numbers(of drafts: [StepProposal]) -> [UInt8] {
        drafts.map { start.model.eventTypes.index(of: $0.type) }
    }

    /// What the shares of sources depend on.
    func scene(_ state: SequenceModel.State, _ drafts: [StepProposal]) -> StepFeatures {
        StepFeatures(
            state: state,
            outlooks: start.network.gatingFeatures(
                state, gaps: drafts.map(\.gap), weekParts: drafts.map(\.weekPart),
                types: numbers(of: drafts)))
    }

    /// Draws source and item of some drafts; one that finds no item has none.
    ///
    /// - Parameters:
    ///   - drafts: With time and type.
    ///   - rows: Which of them.
    ///   - scene: Of all of them.
    ///   - lane: Tells draws of one path apart.
    mutating func drawItems(
        _ drafts: inout [StepProposal], rows: [Int], _ scene: StepFeatures, lane: Int
    ) {
        draws.prepare(
            Set(
                rows.map {
                    RecurrenceTable.Question(
                        baskets: paths[drafts[$0].path].basketCount, type: drafts[$0].type)
                }))
        for row in rows { drawItem(&drafts[row], outlook: scene.outlooks.row(row), lane: lane) }
        drawFromSequence(&drafts, rows: rows, scene.state, lane: lane)
    }

    /// Draws a source, and from it an item unless it is the LSTM.
    private func drawItem(_ draft: inout StepProposal, outlook: ArraySlice<Float>, lane: Int) {
        let memory = paths[draft.path]
        draft.item = nil
        let same = draft.gap == 0 && !memory.moments.isEmpty
        let situation = Mixture.GateInput(
            baskets: memory.basketCount, sameBasket: same,
            gatingFeatures: memory.basketCount == 0 ? [] : outlook)
        var speaking = draws.speaking(sameBasket: same)
        // A source that finds no item here leaves its share to the others, as in a prediction.
        for round in 0..<speaking.count where draft.item == nil {
            let shares = start.model.mixture.weights(situation, available: speaking)
            let source = drawIndex(shares, random(draft.path, lane, 3 + round * 13))
            // With nobody wanted to speak at all, what is popular now is a fair guess.
            if source == nil, round > 0 { break }
            draft.source = source ?? ItemSampler.popularityIndex
            if draft.source == ItemSampler.sequenceIndex { break }
            speaking[draft.source] = false
            for attempt in 0..<4 where draft.item == nil {
                // A closure over all of the run would copy it.
                let (random, path) = (random, draft.path)
                let first = 4 + round * 13 + attempt * 3
                let item = draws.item(
                    source: draft.source, memory: memory, time: draft.time, type: draft.type,
                    sameBasket: same, random: { random(path, lane, first + $0) })
                if let item, !(same && memory.isInMoment(item)) { draft.item = item }
            }
        }
    }

    /// Draws the items of the paths whose source is the LSTM, as matrix products of some rows.
    private mutating func drawFromSequence(
        _ drafts: inout [StepProposal], rows: [Int], _ state: SequenceModel.State, lane: Int
    ) {
        let rows = rows.filter { drafts[$0].source == ItemSampler.sequenceIndex }
        let attempts = 3
        let query = start.network.itemQuery(
            start.network.select(state, rows: rows), gaps: rows.map { drafts[$0].gap },
            weekParts: rows.map { drafts[$0].weekPart }, types: numbers(of: rows.map { drafts[$0] })
        )
        let items = head.draw(
            query, offsets: rows.map { random(drafts[$0].path, lane, 108) },
            at: rows.flatMap { row in
                (0..<attempts).map { random(drafts[row].path, lane, 100 + $0) }
            })
        for (place, row) in rows.enumerated() {
            let memory = paths[drafts[row].path]
            let same = drafts[row].gap == 0
            drafts[row].item = items[place * attempts..<(place + 1) * attempts].first {
                $0 >= 0 && !(same && memory.isInMoment($0))
            }
        }
    }

    /// Appends the drafted events and moves the LSTM by them; a path that found no item for its
    /// basket lets this step pass.
    ///
    /// - Parameters:
    ///   - drafts: Of some paths.
    ///   - state: The LSTM's states of these paths, in their order.
    /// - Returns: The states after the events.
    private mutating func commit(
        _ drafts: [StepProposal], _ state: SequenceModel.State
    ) -> SequenceModel.State {
        var state = state
        for draft in drafts {
            guard let item = draft.item else { continue }
            let event = SimulatedEvent(
                time: draft.time, type: draft.type, item: item, source: UInt8(draft.source))
            if draft.isRefused {
                paths[draft.path].passOver(event, sameBasket: draft.gap == 0)
            } else {
                paths[draft.path].append(
                    event, sameBasket: draft.gap == 0, past: draws.repetition(of: item))
            }
        }
        start.network.advance(
            &state, items: drafts.map { $0.item ?? -1 }, types: numbers(of: drafts),
            gaps: drafts.map(\.gap), weekParts: drafts.map(\.weekPart))
        return state
    }

    /// Appends further events to the moments of paths, those of one path one after the other.
    private mutating func add(_ more: [(row: Int, draft: StepProposal)]) {
        var left = more
        while !left.isEmpty {
            var taken: Set<Int> = []
            let now = left.filter { taken.insert($0.row).inserted }
            var seen: Set<Int> = []
            left = left.filter { !seen.insert($0.row).inserted }
            let rows = now.map(\.row)
            let moved = commit(now.map(\.draft), start.network.select(state, rows: rows))
            start.network.replace(rows, of: &state, with: moved)
        }
    }
}
