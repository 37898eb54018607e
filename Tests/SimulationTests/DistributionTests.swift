import FuturesFixtures
import Kernels
import Learning
import Prediction
import Shop
import Testing

@testable import Simulation

/// Samples follow the distributions of the model.
///
/// Seeds are fixed; bounds are four standard deviations or more.
@Suite("Distributions")
struct DistributionTests {
    private static let pathCount = 5000

    /// The classes of the times from a twin's newest event to the first event of each path.
    private func firstGaps(_ history: History, after elapsed: Int64) throws -> [Int64] {
        let settings = SimulationSettings(
            horizonSeconds: SimulationSettings.horizonLimit, paths: Self.pathCount, seed: 5,
            experts: [.popularity])
        let plan = SimulationPlan(
            model: try World.lastingModel(),
            popularity: CumulativeTable(.dense(try World.model().popularity.probabilities)),
            history: history, origin: (history.lastTime ?? 0) + elapsed, settings: settings)
        let futures = plan.firstStep()
        return (0..<futures.pathCount).compactMap { futures.path($0).first?.time }
            .map { $0 - (history.lastTime ?? 0) }
    }

    private func gapProbabilities(_ history: History) throws -> [Double] {
        let sequence = try World.model().sequence
        let state = try #require(sequence.state(after: history))
        return sequence.model.gapProbabilities(state).elements.map(Double.init)
    }

    /// Expects frequencies of classes within 4.5 standard deviations.
    private func expect(
        _ gaps: [Int64], follow weights: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let total = weights.reduce(0, +)
        var counts = [Double](repeating: 0, count: weights.count)
        for gap in gaps { counts[TimeGap.index(seconds: gap)] += 1 }
        let n = Double(gaps.count)
        for (count, weight) in zip(counts, weights) {
            let probability = weight / total
            let bound = 4.5 * (n * probability * (1 - probability)).squareRoot() + 1
            #expect(
                abs(count - n * probability) <= bound, "\(count) of \(n * probability)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("The first gap follows the LSTM's gap head", arguments: [0, 12, 30])
    func firstGap(_ customer: Int) throws {
        let history = try World.history(customer)
        var weights = try gapProbabilities(history)
        weights[0] = 0
        let gaps = try firstGaps(history, after: 0)
        #expect(gaps.count == Self.pathCount)
        expect(gaps, follow: weights)
    }

    @Test(
        "Time that has passed without an event is ruled out",
        arguments: [1, 50, 3600, 5 * day, 10 * day, 70 * day])
    func elapsed(_ elapsed: Int64) throws {
        let history = try World.history(12)
        var weights = try gapProbabilities(history)
        for gap in weights.indices {
            // Within a class, any second is as likely as another.
            let bounds = TimeGap.bounds(gap)
            let left = bounds.count { $0 > elapsed }
            weights[gap] *= Double(left) / Double(bounds.count)
        }
        weights[0] = 0
        let gaps = try firstGaps(history, after: elapsed)
        #expect(gaps.allSatisfy { $0 > elapsed })
        expect(gaps, follow: weights)
    }

    @Test("In the class that has begun, the remaining time is sampled by the customer's hours")
    func partOfClass() throws {
        let elapsed = 10 * day
        let history = try World.history(12)
        let under = TimeGap.bounds(TimeGap.index(seconds: elapsed))
        let gaps = try firstGaps(history, after: elapsed)
            .filter { under.contains($0) }.sorted()
        // Nothing heaps up at the first second, and the middle is where it should be.
        #expect(gaps.count > 100)
        #expect(gaps.count { $0 == elapsed + 1 } <= 2)
        // The weight of a second is the number of baskets in its part of the week, plus 4 / 56.
        var weights = [Double](repeating: 4 / Double(WeekPart.count), count: WeekPart.count)
        for basket in 0..<history.basketCount {
            weights[WeekPart.index(time: history.times[history.basket(basket).lowerBound])] += 1
        }
        let last = history.lastTime ?? 0
        var sums = (weight: 0.0, first: 0.0, second: 0.0)
        for gap in stride(from: elapsed + 1, through: under.upperBound, by: 60) {
            let weight = weights[WeekPart.index(time: last + gap)]
            sums.weight += weight
            sums.first += weight * Double(gap)
            sums.second += weight * Double(gap) * Double(gap)
        }
        let expected = sums.first / sums.weight
        let variance = sums.second / sums.weight - expected * expected
        let mean = gaps.reduce(0.0) { $0 + Double($1) } / Double(gaps.count)
        let deviation = (variance / Double(gaps.count)).squareRoot()
        #expect(abs(mean - expected) < 4.5 * deviation, "\(mean) of \(expected)")
    }

    @Test("A twin that has been silent for a year does not return within the second")
    func longSilence() throws {
        let gaps = try firstGaps(try World.history(12), after: 365 * day)
        let last = TimeGap.bounds(TimeGap.count - 1)
        #expect(gaps.count == Self.pathCount)
        #expect(gaps.allSatisfy { last.contains($0 - 365 * day) })
    }

    /// The events of the first step of many paths, when one expert alone is switched on.
    private func firstItems(
        _ history: History, expert: ExpertID
    ) throws -> [SimulatedEvent] {
        let settings = SimulationSettings(
            paths: Self.pathCount, seed: 9, experts: [expert])
        let plan = SimulationPlan(
            model: try World.lastingModel(),
            popularity: CumulativeTable(.dense(try World.model().popularity.probabilities)),
            history: history, origin: history.lastTime ?? 0, settings: settings)
        let futures = plan.firstStep()
        return futures.events
    }

    private func expect(
        _ events: [SimulatedEvent], follow probability: (Int32) throws -> Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let n = Double(events.count)
        #expect(n > 1000, sourceLocation: sourceLocation)
        var counts: [Int32: Double] = [:]
        for event in events { counts[event.item, default: 0] += 1 }
        for item in 0..<Int32(try World.model().catalogue.count) {
            let probability = try probability(item)
            let bound = 4.5 * (n * probability * (1 - probability)).squareRoot() + 1
            #expect(
                abs(counts[item, default: 0] - n * probability) <= bound,
                "item \(item): \(counts[item, default: 0]) of \(n * probability)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("Popularity alone samples by popularity")
    func popularity() throws {
        let popularity = try World.model().popularity.probabilities
        try expect(try firstItems(try World.history(8), expert: .popularity)) {
            Double(popularity[Int($0)])
        }
    }

    @Test("Neighbours alone sample the votes of neighbours")
    func neighbours() throws {
        let history = try World.history(8)
        let context = PredictionQuery(
            history: history, time: history.lastTime ?? 0, type: .view, sameBasket: false)
        let evidence = try World.model().neighbours.prediction(for: context)
        try expect(try firstItems(history, expert: .neighbours)) {
            Double(evidence.probability(of: $0))
        }
    }

    @Test("Transitions alone sample followers of the newest baskets")
    func transitions() throws {
        var history = History()
        for (index, item) in [Int32(4), 9, 4].enumerated() {
            history.append(item: item, type: purchase, time: Int64(index) * day)
        }
        let context = PredictionQuery(
            history: history, time: 3 * day, type: purchase, sameBasket: false)
        let evidence = try World.model().transitions.prediction(for: context)
        try expect(try firstItems(history, expert: .transitions)) {
            Double(evidence.probability(of: $0))
        }
    }

    @Test("The LSTM alone samples from its item distribution")
    func sequence() throws {
        let history = try World.history(8)
        let events = try firstItems(history, expert: .sequence)
        // The mean of the distribution over the sampled times and types.
        let model = try World.model().sequence
        let state = try #require(model.state(after: history))
        var sums = [Double](repeating: 0, count: try World.model().catalogue.count)
        let last = history.lastTime ?? 0
        let asked = Dictionary(grouping: events) {
            [
                UInt8(TimeGap.index(seconds: $0.time - last)),
                UInt8(WeekPart.index(time: $0.time)), model.eventTypes.index(of: $0.type),
            ]
        }
        for (question, events) in asked {
            let head = model.model.itemProbabilities(
                state, gaps: [question[0]], weekParts: [question[1]], types: [question[2]]
            ).elements
            for (item, probability) in head.enumerated() {
                sums[item] += Double(probability) * Double(events.count)
            }
        }
        try expect(events) { sums[Int($0)] / Double(events.count) }
    }

    @Test("The repeat purchase model alone samples its probabilities")
    func history() throws {
        let history = try World.history(8)
        let events = try firstItems(history, expert: .history)
        // The mean over the events, because the probabilities depend on time and type.
        var sums: [Int32: Double] = [:]
        let source = try World.model().history
        for event in events.prefix(800) {
            let evidence = source.prediction(
                for: PredictionQuery(
                    history: history, time: event.time, type: event.type, sameBasket: false))
            for item in Set(history.items) {
                sums[item, default: 0] += Double(evidence.probability(of: item))
            }
        }
        try expect(events) { sums[$0, default: 0] / 800 }
    }
}

@Suite("Sampling")
struct SamplingTests {
    @Test("The edges of the uniform numbers")
    func edges() {
        let almost = 1 - 0x1p-53
        #expect(sampleIndex([0.25, 0.25, 0.5] as [Float], at: 0) == 0)
        #expect(sampleIndex([0.25, 0.25, 0.5] as [Float], at: almost) == 2)
        #expect(sampleIndex([0, 1, 0] as [Float], at: 0) == 1)
        #expect(sampleIndex([0, 1, 0] as [Float], at: almost) == 1)
        #expect(sampleIndex([0, 0.5, 0, 0.5, 0] as [Float], at: almost) == 3)
        #expect(sampleIndex([0, 0] as [Float], at: 0.5) == nil)
        #expect(sampleIndex([Float](), at: 0.5) == nil)
        #expect(sampleIndex([1e-30, 1e-30] as [Float], at: 0.75) == 1)
    }

    @Test("Each index gets its part of the unit interval")
    func parts() {
        let weights: [Float] = [1, 0, 2, 5]
        let table = CumulativeTable(.dense(weights))
        for step in 0..<800 {
            let uniform = (Double(step) + 0.5) / 800
            let expected = uniform < 0.125 ? 0 : uniform < 0.375 ? 2 : 3
            #expect(sampleIndex(weights, at: uniform) == expected)
            #expect(table.sample(at: uniform) == Int32(expected))
        }
    }

    @Test("An empty table samples nothing")
    func emptyTable() {
        for evidence in [ExpertPrediction.none, .dense([]), .dense([0, 0]), .sparse([])] {
            #expect(CumulativeTable(evidence).isEmpty)
            #expect(CumulativeTable(evidence).sample(at: 0.3) == nil)
        }
    }

    @Test("A sparse table samples the items that it holds")
    func sparseTable() {
        let table = CumulativeTable(
            .sparse([
                (item: 7, probability: 0.5), (item: 8, probability: 0), (item: 9, probability: 0.5),
            ]))
        #expect(table.sample(at: 0) == 7)
        #expect(table.sample(at: 0.49) == 7)
        #expect(table.sample(at: 0.5) == 9)
        #expect(table.sample(at: 1 - 0x1p-53) == 9)
    }

    @Test("Followers are sampled from the next basket, or from the basket itself")
    func ownFollowers() {
        var history = History()
        let baskets: [[Int32]] = [[1, 2], [3], [1], [4]]
        for (time, items) in baskets.enumerated() {
            for item in items { history.append(item: item, type: .view, time: Int64(time)) }
        }
        let followers = FollowerSampler(history)
        func samples(_ newest: [Int32], sameBasket: Bool) -> Set<Int32?> {
            var found: Set<Int32?> = []
            for a in [0, 0.99] {
                for b in [0, 0.99] {
                    for c in [0, 0.99] {
                        found.insert(
                            followers.sample(after: newest, sameBasket: sameBasket) {
                                [a, b, c][$0]
                            })
                    }
                }
            }
            return found
        }
        #expect(samples([1], sameBasket: false) == [3, 4])
        #expect(samples([2], sameBasket: false) == [3])
        #expect(samples([4], sameBasket: false) == [nil])
        #expect(samples([9], sameBasket: false) == [nil])
        #expect(samples([], sameBasket: false) == [nil])
        #expect(samples([2], sameBasket: true) == [1, 2])
    }
}
