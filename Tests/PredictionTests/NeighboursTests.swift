import Foundation
import Kernels
import Learning
import Testing

@testable import Prediction

@Suite("Neighbours")
struct NeighboursTests {
    @Test("The like sequence votes, most for what is next to the common item")
    func like() throws {
        let neighbours = Neighbours(
            sequences([[[0], [1], [2], [3]], [[10], [11], [12]]]), itemCount: 13)
        let found = entries(neighbours.prediction(for: context(history([[0], [1]]))))
        #expect(found.keys.sorted() == [0, 1, 2, 3])
        let (before, common) = (try #require(found[0]), try #require(found[1]))
        let (after, later) = (try #require(found[2]), try #require(found[3]))
        #expect(abs(later / after - exp(-1 / Neighbours.voteReach)) < 1e-5)
        #expect(abs(after / common - exp(-1 / Neighbours.voteReach)) < 1e-5)
        #expect(abs(before / after - Neighbours.beforeShare) < 1e-5)
    }

    @Test("Of two sequences the one with more of the newest items counts more")
    func nearer() throws {
        let neighbours = Neighbours(
            sequences([[[0], [1], [2], [7]], [[0], [5], [6], [8]]]), itemCount: 9)
        let found = entries(neighbours.prediction(for: context(history([[0], [1], [2]]))))
        #expect(try #require(found[7]) > 2 * (try #require(found[8])))
    }

    @Test("A rare common item says more than one that everybody has")
    func rare() throws {
        let others = (0..<20).map { _ -> [[Int32]] in [[0], [5]] }
        let neighbours = Neighbours(
            sequences(others + [[[0], [2], [3]], [[1], [2], [4]]]), itemCount: 6)
        let found = entries(neighbours.prediction(for: context(history([[0, 1]]))))
        #expect(try #require(found[4]) > 4 * (try #require(found[3])))
    }

    @Test("Of two equal sequences the younger one counts more")
    func younger() throws {
        var both = EventSequences()
        both.append(items: [0, 1], types: [0, 0], times: [0, 60])
        both.append(items: [0, 2], types: [0, 0], times: [80 * day, 80 * day + 60])
        let neighbours = Neighbours(both, itemCount: 3)
        let found = entries(neighbours.prediction(for: context(history([[0]]))))
        #expect(abs(try #require(found[2]) / (try #require(found[1])) - exp(1)) < 1e-3)
    }

    @Test("Items far away from the common one get no vote")
    func reach() {
        let long = (0..<60).map { [Int32($0)] }
        let neighbours = Neighbours(sequences([long]), itemCount: 60)
        let found = entries(neighbours.prediction(for: context(history([[30]]))))
        #expect(found.keys.sorted() == Array(6...54))
    }

    @Test("One more item for a basket is none that lies in it already")
    func sameBasket() {
        let neighbours = Neighbours(sequences([[[0, 1, 2], [3]]]), itemCount: 4)
        let asked = context(history([[0, 1]]), sameBasket: true)
        #expect(entries(neighbours.prediction(for: asked)).keys.sorted() == [2, 3])
    }

    @Test("The asking twin as it was in training does not vote", arguments: [5, 600])
    func itself(_ length: Int) {
        let past = (0..<length).map { [Int32($0)] }
        let other = past.suffix(4) + [[700]]
        let neighbours = Neighbours(sequences([past, Array(other)]), itemCount: 701)
        for more in [[], [[Int32(699)]]] {
            let found = entries(neighbours.prediction(for: context(history(past + more))))
            #expect(found[Int32(length - 5)] == nil)
            #expect(found[700] ?? 0 > 0)
        }
    }

    @Test("Somebody else who began in the same way at another time does vote")
    func somebodyElse() {
        var known = EventSequences()
        known.append(items: [0, 1], types: [0, 0], times: [day, day + 60])
        let neighbours = Neighbours(known, itemCount: 2)
        let found = entries(neighbours.prediction(for: context(history([[0], [1]], gap: 60))))
        #expect(found.keys.sorted() == [0, 1])
    }

    @Test("Nothing without a history, or with items of nobody else")
    func silent() {
        let neighbours = Neighbours(sequences([[[0], [1]]]), itemCount: 3)
        #expect(neighbours.prediction(for: context(History())).isEmpty)
        #expect(neighbours.prediction(for: context(history([[2]]))).isEmpty)
        #expect(neighbours.prediction(for: context(history([[7]]))).isEmpty)
        let nobody = Neighbours(EventSequences(), itemCount: 3)
        #expect(nobody.prediction(for: context(history([[2]]))).isEmpty)
    }

    @Test("As by adding up everything for everybody, from any number of threads")
    func model() throws {
        let seed = UInt64(20_26)
        var generator = PhiloxGenerator(seed: seed)
        func moments(_ count: Int) -> [[Int32]] {
            (0..<count).map { _ in
                (0...generator.integer(below: 3)).map { _ in
                    Int32(min(generator.integer(below: 30), generator.integer(below: 30)))
                }
            }
        }
        let rows = (0..<150).map { _ in moments(1 + generator.integer(below: 12)) }
        let histories = (0..<60).map { _ in history(moments(1 + generator.integer(below: 9))) }
        let known = sequences(rows)
        let neighbours = Neighbours(known, itemCount: 30)
        let found = parallelMap(histories.count, threads: 4) {
            neighbours.prediction(for: context(histories[$0]))
        }
        for (history, evidence) in zip(histories, found) {
            let expected = Self.votes(known, itemCount: 30, history)
            let total = expected.values.reduce(0, +)
            let got = entries(evidence)
            #expect(got.keys.sorted() == expected.keys.sorted(), "seed \(seed)")
            for (item, vote) in expected {
                #expect(abs(Double(got[item] ?? 0) - vote / total) < 1e-4, "seed \(seed)")
            }
        }
    }

    /// The votes by the definition, for few sequences: all of them are near enough to vote.
    private static func votes(
        _ known: EventSequences, itemCount: Int, _ history: History
    ) -> [Int32: Double] {
        let rows = (0..<known.count).map { History(known, sequence: $0) }
        let newest = known.times.max() ?? 0
        let rarity = (0..<Int32(itemCount)).map { item in
            log(1 + Double(rows.count) / Double(1 + rows.count { $0.items.contains(item) }))
        }
        var query: [(item: Int32, weight: Double)] = []
        for back in 0..<history.basketCount {
            for event in history.moment(history.basketCount - 1 - back).reversed() {
                let item = history.items[event]
                guard !query.contains(where: { $0.item == item }) else { continue }
                query.append((item, exp(-Double(back) / 3) * pow(rarity[Int(item)], 2)))
            }
        }
        var votes: [Int32: Double] = [:]
        for row in rows {
            let isOwn =
                history.items.starts(with: row.items)
                && history.times[row.count - 1] == row.lastTime
            guard !isOwn, let first = query.first(where: { row.items.contains($0.item) }) else {
                continue
            }
            let shared = query.filter { row.items.contains($0.item) }
                .reduce(0.0) { $0 + $1.weight }
            let age = Double(newest - (row.lastTime ?? 0)) / 86_400
            let nearness =
                shared / pow(Double(Set(row.items).count), 0.25) / exp(age / 80)
            let places = (0..<row.basketCount).flatMap { moment in
                row.moment(moment).map { _ in moment }
            }
            let common = places[row.items.lastIndex(of: first.item) ?? 0]
            for (item, place) in zip(row.items, places) {
                let distance = Double(place - common)
                votes[item, default: 0] +=
                    nearness * rarity[Int(item)] * exp(-abs(distance) / 6)
                    * (distance < 0 ? 0.8 : 1)
            }
        }
        return votes
    }
}
