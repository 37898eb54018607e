import FuturesFixtures
import Kernels
import Learning
import Prediction
import Shop
import Testing

@testable import Simulation

@Suite("Questions")
struct QuestionTests {
    private func event(_ item: Int32, _ time: Int64, _ type: EventType = purchase) -> SimulatedEvent
    {
        SimulatedEvent(time: time, type: type, item: item, source: 0)
    }

    /// Four paths of ten days from time 0.
    private var four: Futures {
        futures([
            [event(1, day), event(2, day), event(3, 2 * day)],
            [event(9, 5, EventType.view), event(2, 3 * day)],
            [event(1, 4 * day), event(1, 5 * day)], [],
        ])
    }

    @Test("Probabilities are shares of paths, by a time and of whole paths")
    func shares() {
        #expect(four.share { $0.item == 1 } == PathProbability(hits: 2, paths: 4))
        #expect(four.share(within: day) { $0.item == 1 }.value == 0.25)
        #expect(four.share(within: day - 1) { $0.item == 1 }.hits == 0)
        #expect(four.share(within: .max) { _ in true }.hits == 3)
        #expect(four.share(ofPathsWhere: \.isEmpty).value == 0.25)
        #expect(four.share(ofPathsWhere: { $0.count { $0.item == 1 } == 2 }).hits == 1)
        #expect(four.share(ofBoth: 1, and: 3, types: [purchase]).hits == 1)
        #expect(four.share(ofBoth: 2, and: 9, types: [purchase]).hits == 0)
        #expect(four.share(ofBoth: 1, and: 1, types: [purchase]).hits == 2)
        #expect(PathProbability(hits: 0, paths: 0).value == 0)
        #expect(PathProbability(hits: 0, paths: 0).interval == 0...1)
        #expect(PathProbability(hits: 2, paths: 4).interval.contains(0.5))
    }

    @Test("Need dates are when so many paths have it, and none if too few do")
    func needDates() {
        let dates = four.needDates([0, 0.25, 0.26, 0.5, 0.51, 1]) { $0.item == 1 }
        #expect(dates == [day, day, 4 * day, 4 * day, nil, nil])
        #expect(four.needDates([-0.1, 1.1, .nan]) { _ in true } == [nil, nil, nil])
        #expect(futures([]).needDates([0.5]) { _ in true } == [nil])
    }

    @Test("The next basket is the first moment with a purchase")
    func nextBasket() {
        let basket = four.nextBasket(types: [purchase])
        #expect(basket.map(\.item) == [1, 2])
        #expect(basket.map(\.share.hits) == [2, 2])
        #expect(four.nextBasket(types: []).isEmpty)
    }

    @Test("Sums have means, intervals and quantiles")
    func sums() {
        let count = four.sum { $0.type == purchase ? 1 : 0 }
        // 3, 1, 2 and 0 purchases.
        #expect(count.mean == 1.5)
        #expect([0, 0.25, 0.26, 0.5, 0.75, 0.76, 1].map(count.quantile) == [0, 0, 1, 1, 2, 3, 3])
        #expect(abs(count.standardError - (5.0 / 3 / 4).squareRoot()) < 1e-12)
        #expect(count.interval.contains(1.5))
        let prices: [Int32: Double] = [1: 2.5, 2: 1, 3: 10]
        #expect(four.sum(within: day) { prices[$0.item] ?? 0 }.quantile(1) == 3.5)
        #expect(futures([]).sum { _ in 1 }.mean == 0)
        #expect(futures([]).sum { _ in 1 }.quantile(0.5) == 0)
        #expect(futures([[event(1, 1)]]).sum { _ in 1 }.standardError == 0)
    }

    @Test("Two runs are compared path by path")
    func change() throws {
        let more = futures([
            [event(1, day), event(2, day), event(3, 2 * day), event(3, 3 * day)],
            [event(2, 3 * day), event(4, 4 * day)], [event(1, 4 * day), event(1, 5 * day)], [],
        ])
        let change = try four.change(to: more) { $0.type == purchase ? 1 : 0 }
        #expect(change.mean == 0.5)
        // Differences 1, 1, 0 and 0: less spread than either run has.
        #expect(abs(change.standardError - (1.0 / 3 / 4).squareRoot()) < 1e-12)
        #expect(change.interval.contains(0.5))
        #expect(change.quantile(0) == 0 && change.quantile(1) == 1)
        #expect(try four.change(to: four) { _ in 1 } == PathSample([0, 0, 0, 0]))
        #expect(throws: FuturesError.self) { try four.change(to: futures([])) { _ in 1 } }
    }

    @Test("Runs of one seed differ less than runs of two")
    func commonRandomNumbers() throws {
        let history = try World.history(12)
        func run(_ paths: Int, seed: UInt64, without source: ExpertID?) throws -> Futures {
            let evidence = Set(ExpertID.allCases).filter { $0 != source }
            return try World.futures(
                history,
                SimulationSettings(
                    horizonSeconds: 7 * day, paths: paths, seed: seed, evidence: evidence))
        }
        let base = try run(400, seed: 1, without: nil)
        let paired = try base.change(to: try run(400, seed: 1, without: .popularity)) { _ in 1 }
        let apart = try base.change(to: try run(400, seed: 2, without: .popularity)) { _ in 1 }
        #expect(paired.standardError < 0.9 * apart.standardError)
    }
}
