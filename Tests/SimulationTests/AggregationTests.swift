import FuturesFixtures
import Learning
import Prediction
import Shop
import Testing

@testable import Simulation

@Suite("Aggregation")
struct AggregationTests {
    @Test("An item counts once on each path; the most probable is first")
    func byHand() throws {
        let made = futures([
            [event(1, at: day), event(2, at: day), event(1, at: 2 * day)],
            [event(2, at: 3 * day, expertIndex: 1)], [],
            [event(2, at: 2 * day), event(3, at: 9 * day)],
        ])
        let found = made.itemProbabilities()
        #expect(found.map(\.item) == [2, 1, 3])
        #expect(found.map(\.probability) == [0.75, 0.25, 0.25])
        #expect(found.map(\.medianTime) == [2 * day, day, 9 * day])
        let fractions = try #require(found.first).expertFractions
        #expect(fractions.count == 2)
        #expect(abs((fractions[.sequence] ?? 0) - 2 / 3.0) < 1e-9)
        #expect(abs((fractions[.history] ?? 0) - 1 / 3.0) < 1e-9)
        #expect(made.meanLength == 1.5)
    }

    @Test("Types and a shorter horizon leave events out")
    func filters() {
        let made = futures([
            [
                event(1, at: 10, type: .view), event(1, at: 20, type: .purchase),
                event(2, at: 30, type: .view),
            ],
            [event(1, at: 40, type: .purchase)],
        ])
        func items(_ types: Set<EventType>?, _ seconds: Int64?) -> [Int32: Double] {
            Dictionary(
                uniqueKeysWithValues: made.itemProbabilities(types: types, within: seconds)
                    .map { ($0.item, $0.probability) })
        }
        #expect(items([.purchase], nil) == [1: 1])
        #expect(items([.view], nil) == [1: 0.5, 2: 0.5])
        #expect(items([], nil) == [:])
        #expect(items(nil, 30) == [1: 0.5, 2: 0.5])
        #expect(items(nil, 29) == [1: 0.5])
        #expect(items(nil, 0) == [:])
        #expect(items(nil, -5) == [:])
        #expect(items(nil, .max) == [1: 1, 2: 0.5])
        #expect(made.itemProbabilities(types: [.purchase]).first?.medianTime == 40)
    }

    @Test("Without paths, and with empty ones, there are no items")
    func nothing() {
        #expect(futures([]).itemProbabilities().isEmpty)
        #expect(futures([]).meanLength == 0)
        #expect(futures([[], []]).itemProbabilities().isEmpty)
        #expect(futures([[], []]).pathCount == 2)
    }

    @Test("Counts and first times of a path are those of its matching events")
    func countsAndFirstTimes() {
        let made = futures([
            [event(1, at: day), event(2, at: day), event(1, at: 3 * day)], [event(1, at: 2 * day)],
            [],
        ])
        #expect(made.counts(within: .max) { $0.item == 1 } == [2, 1, 0])
        #expect(made.counts(within: day) { $0.item == 1 } == [1, 0, 0])
        #expect(made.counts(within: day - 1) { _ in true } == [0, 0, 0])
        #expect(made.firstTimes { $0.item == 1 } == [day, 2 * day, nil])
        #expect(futures([]).firstTimes { _ in true }.isEmpty)
    }

    @Test("Path probabilities are those of a count by brute force", arguments: [0, 13, 33])
    func bruteForce(_ customer: Int) throws {
        let made = try World.futures(
            try World.history(customer), SimulationSettings(paths: 120))
        for (types, seconds) in [(nil, nil), ([purchase], nil), ([.view, .cartAdd], 5 * day)]
            as [(Set<EventType>?, Int64?)]
        {
            let end = made.origin + (seconds ?? made.horizonSeconds)
            let found = made.itemProbabilities(types: types, within: seconds)
            var expected = Set<Int32>()
            for item in 0..<Int32(try World.model().catalogue.count) {
                var hits = 0
                var times: [Int64] = []
                for path in 0..<made.pathCount {
                    let own = made.path(path).filter {
                        $0.item == item && $0.time <= end && types?.contains($0.type) ?? true
                    }
                    guard let time = own.map(\.time).min() else { continue }
                    hits += 1
                    times.append(time)
                }
                guard hits > 0 else { continue }
                expected.insert(item)
                let predicted = try #require(found.first { $0.item == item })
                #expect(predicted.probability == Double(hits) / 120)
                #expect(predicted.medianTime == times.sorted()[hits / 2])
                #expect(predicted.interval == wilsonInterval(hits: hits, trials: 120))
                #expect(predicted.interval.contains(predicted.probability))
                #expect(abs(predicted.expertFractions.values.reduce(0, +) - 1) < 1e-9)
            }
            #expect(Set(found.map(\.item)) == expected)
            for (left, right) in zip(found, found.dropFirst()) {
                #expect((right.probability, left.item) < (left.probability, right.item))
            }
        }
    }

    @Test("Wilson's interval has the textbook values")
    func wilson() {
        let known: [(hits: Int, trials: Int, low: Double, high: Double)] = [
            (0, 10, 0, 0.277_533), (10, 10, 0.722_467, 1), (5, 10, 0.236_593, 0.763_407),
            (1, 10, 0.017_876, 0.404_150), (50, 100, 0.403_832, 0.596_168),
            (81, 263, 0.255_289, 0.366_210),
        ]
        for (hits, trials, low, high) in known {
            let found = wilsonInterval(hits: hits, trials: trials)
            #expect(abs(found.lowerBound - low) < 2e-5, "\(hits) of \(trials): \(found)")
            #expect(abs(found.upperBound - high) < 2e-5, "\(hits) of \(trials): \(found)")
        }
        #expect(wilsonInterval(hits: 0, trials: 0) == 0...1)
    }

    @Test("An event at the very end of the horizon counts")
    func lastSecond() {
        let made = futures([[event(1, at: 2 * day)]], horizon: 2 * day)
        #expect(made.itemProbabilities().count == 1)
    }
}

@Suite("Path memory")
struct PathMemoryTests {
    private var past: History {
        var past = History()
        for (time, item) in [Int32(1), 2, 1, 3, 4, 5].enumerated() {
            past.append(item: item, type: .view, time: Int64(time))
        }
        return past
    }

    @Test("A path begins with the twin's history")
    func start() {
        let memory = PathMemory(past, origin: 99)
        #expect(memory.time == 99)
        #expect(memory.basketCount == 6)
        #expect(memory.newestBaskets == [[1], [3], [4], [5]])
        #expect(memory.newestBasketContains(5))
        #expect(!memory.newestBasketContains(4))
        #expect(!PathMemory(History(), origin: 0).newestBasketContains(0))
    }

    @Test("Events are grouped into baskets")
    func append() throws {
        let tracker = RecurrenceTracker(past)
        var memory = PathMemory(past, origin: 10)
        memory.append(event(1, at: 20), sameBasket: false, past: tracker.recurrence(of: 1))
        memory.append(event(8, at: 20), sameBasket: true, past: nil)
        #expect(memory.time == 20)
        #expect(memory.basketCount == 7)
        #expect(memory.newestBaskets == [[3], [4], [5], [1, 8]])
        #expect(memory.newItems == [8])
        let one = try #require(memory.recurrences[1])
        #expect((one.count, one.firstBasket, one.lastBasket, one.lastTime) == (3, 0, 6, 20))
        let eight = try #require(memory.recurrences[8])
        #expect((eight.count, eight.firstBasket, eight.lastBasket) == (1, 6, 6))
        memory.append(event(8, at: 30), sameBasket: false, past: nil)
        #expect(memory.newItems == [8])
        #expect(memory.recurrences[8]?.count == 2)
        #expect(memory.events.map(\.item) == [1, 8, 8])
    }

    @Test("The first event of an unknown customer begins a basket")
    func cold() {
        var memory = PathMemory(History(), origin: 0)
        memory.append(event(2, at: 0), sameBasket: true, past: nil)
        #expect(memory.newestBaskets == [[2]])
        #expect(memory.basketCount == 1)
    }
}
