import FuturesFixtures
import Learning
import Prediction
import Shop
import Testing

@testable import Simulation

@Suite("Aggregation")
struct AggregationTests {
    @Test("Items are counted once a path, most probable first")
    func byHand() throws {
        let made = futures([
            [event(1, at: day), event(2, at: day), event(1, at: 2 * day)],
            [event(2, at: 3 * day, source: 1)], [], [event(2, at: 2 * day), event(3, at: 9 * day)],
        ])
        let found = made.itemProbabilities()
        #expect(found.map(\.item) == [2, 1, 3])
        #expect(found.map(\.probability) == [0.75, 0.25, 0.25])
        #expect(found.map(\.medianTime) == [2 * day, day, 9 * day])
        let sources = try #require(found.first).sources
        #expect(sources.count == 2)
        #expect(abs((sources[.sequence] ?? 0) - 2 / 3.0) < 1e-9)
        #expect(abs((sources[.history] ?? 0) - 1 / 3.0) < 1e-9)
        #expect(made.meanLength == 1.5)
    }

    @Test("Types and a nearer end leave events out")
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

    @Test("Nothing comes of no paths, and of empty ones")
    func nothing() {
        #expect(futures([]).itemProbabilities().isEmpty)
        #expect(futures([]).meanLength == 0)
        #expect(futures([[], []]).itemProbabilities().isEmpty)
        #expect(futures([[], []]).pathCount == 2)
        #expect(futures([]).expectedEventsPerDay().allSatisfy { $0 == 0 })
    }

    @Test("A simulation's items are those of a count by brute force", arguments: [0, 13, 33])
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
                #expect(abs(predicted.sources.values.reduce(0, +) - 1) < 1e-9)
            }
            #expect(Set(found.map(\.item)) == expected)
            for (left, right) in zip(found, found.dropFirst()) {
                #expect((right.probability, left.item) < (left.probability, right.item))
            }
        }
    }

    @Test("Wilson's interval has the values of the textbook")
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

    @Test("Events are expected on the days on which they fall")
    func days() {
        let origin: Int64 = 1_000
        let made = futures(
            [
                [event(1, at: origin + 1), event(2, at: origin + day - 1)],
                [event(1, at: origin + day), event(1, at: origin + 2 * day + 5, type: .view)],
            ], horizon: 2 * day + 10, origin: origin)
        #expect(made.expectedEventsPerDay() == [1, 0.5, 0.5])
        #expect(made.expectedEventsPerDay(types: [.view]) == [0, 0, 0.5])
        #expect(futures([[event(1, at: 5)]], horizon: 60).expectedEventsPerDay() == [1])
    }

    @Test("An event at the very end of the horizon is counted on its last day")
    func lastBasket() {
        let made = futures([[event(1, at: 2 * day)]], horizon: 2 * day)
        #expect(made.itemProbabilities().count == 1)
        #expect(made.expectedEventsPerDay().reduce(0, +) == 1)
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

    @Test("A path begins where the twin is")
    func start() {
        let memory = PathMemory(past, origin: 99)
        #expect(memory.time == 99)
        #expect(memory.basketCount == 6)
        #expect(memory.moments == [[1], [3], [4], [5]])
        #expect(memory.isInMoment(5))
        #expect(!memory.isInMoment(4))
        #expect(!PathMemory(History(), origin: 0).isInMoment(0))
    }

    @Test("Events move it along, by moments")
    func append() throws {
        let tracker = RecurrenceTracker(past)
        var memory = PathMemory(past, origin: 10)
        memory.append(event(1, at: 20), sameBasket: false, past: tracker.recurrence(of: 1))
        memory.append(event(8, at: 20), sameBasket: true, past: nil)
        #expect(memory.time == 20)
        #expect(memory.basketCount == 7)
        #expect(memory.moments == [[3], [4], [5], [1, 8]])
        #expect(memory.newItems == [8])
        let one = try #require(memory.repetitions[1])
        #expect((one.count, one.firstBasket, one.lastBasket, one.lastTime) == (3, 0, 6, 20))
        let eight = try #require(memory.repetitions[8])
        #expect((eight.count, eight.firstBasket, eight.lastBasket) == (1, 6, 6))
        memory.append(event(8, at: 30), sameBasket: false, past: nil)
        #expect(memory.newItems == [8])
        #expect(memory.repetitions[8]?.count == 2)
        #expect(memory.events.map(\.item) == [1, 8, 8])
    }

    @Test("The first event of somebody unknown begins a moment")
    func cold() {
        var memory = PathMemory(History(), origin: 0)
        memory.append(event(2, at: 0), sameBasket: true, past: nil)
        #expect(memory.moments == [[2]])
        #expect(memory.basketCount == 1)
    }
}
