import Prediction
import Shop
import Testing

@testable import Reports
@testable import Simulation

@Suite struct ActivityTests {
    private static let day: Int64 = 86_400
    private static let origin: Int64 = 1000 * day + 3600

    private func futures(days: Int, paths: [[Double]]) -> Futures {
        Futures(
            origin: Self.origin, horizonSeconds: Int64(days) * Self.day,
            paths: paths.map { path in
                path.map {
                    SimulatedEvent(
                        time: Self.origin + Int64($0 * Double(Self.day)), type: .purchase, item: 0,
                        expertIndex: 1)
                }
            },
            mixtureWeights: ExpertID.allCases.map { (name: $0, weight: 1.0 / 6) }, isCold: false)
    }

    private func history(daysAgo: [Double], item: Int32 = 0) -> History {
        var history = History()
        for days in daysAgo.sorted(by: >) {
            history.append(
                item: item, type: .purchase, time: Self.origin - Int64(days * Double(Self.day)))
        }
        return history
    }

    @Test func countsThePastByDay() {
        let history = history(daysAgo: [0.5, 0.5, 3.2, 40, 200])
        let activity = Activity(history, futures: futures(days: 28, paths: [[]])) { _ in 2 }
        #expect(activity.past.count == CategoryColors.count + 1)
        #expect(activity.past[2].count == 90)
        #expect(abs((activity.past[2].last ?? 0) - 3.0 / 7) < 1e-12)
        #expect(abs(activity.past[2][86] - 1.0 / 7) < 1e-12, "Three days ago there was one event.")
        #expect(activity.past[0].allSatisfy { $0 == 0 })
        let sum = activity.pastTotals.reduce(0, +)
        // The two newest events have not been averaged over a whole week yet.
        #expect(abs(sum - (2.0 / 7 + 4.0 / 7 + 1)) < 1e-12, "\(sum)")
        #expect(activity.countBefore == 3)
    }

    @Test func showsNoMoreThanIsKnown() {
        let short = Activity(
            history(daysAgo: [20]), futures: futures(days: 7, paths: [[]])
        ) { _ in 0 }
        #expect(short.pastTotals.count == 21)
        let empty = Activity(History(), futures: futures(days: 7, paths: [[]])) { _ in 0 }
        #expect(empty.pastTotals == [Double](repeating: 0, count: 14))
        #expect(empty.countBefore == 0)
    }

    @Test func leavesOutWhatCameAfterTheOrigin() {
        let activity = Activity(
            history(daysAgo: [1, -1, -2]), futures: futures(days: 28, paths: [[]])
        ) { _ in 0 }
        #expect(activity.countBefore == 1)
        #expect(abs((activity.pastTotals.last ?? 0) - 1.0 / 7) < 1e-12)
    }

    @Test func theFanStartsAtThePastAndOpens() {
        // Seven events in the past week, and paths with 0 to 10 events each day.
        let past = history(daysAgo: (0..<7).map { Double($0) + 0.5 })
        let paths = (0...10).map { count in
            (0..<28).flatMap { day in (0..<count).map { _ in Double(day) + 0.5 } }
        }
        let activity = Activity(past, futures: futures(days: 28, paths: paths)) { _ in 0 }
        #expect(activity.pastTotals.last == 1)
        #expect(activity.future.count == 28)
        let first = activity.future[0]
        #expect(abs(first.low - (6.0 + 1) / 7) < 1e-12)
        #expect(abs(first.median - (6.0 + 5) / 7) < 1e-12)
        #expect(abs(first.high - (6.0 + 9) / 7) < 1e-12)
        let widths = activity.future.map { $0.high - $0.low }
        #expect(zip(widths, widths.dropFirst()).allSatisfy { $0 <= $1 + 1e-12 })
        #expect(abs((activity.future.last?.median ?? 0) - 5) < 1e-12)
        #expect(activity.countAfter.median == 140)
        #expect(abs(activity.countAfter.low - 28) < 1e-9)
    }

    @Test func oddHorizonsHaveADayEach() {
        for (seconds, days) in [(1, 1), (86_400, 1), (86_401, 2), (28 * 86_400, 28)] {
            let futures = Futures(
                origin: Self.origin, horizonSeconds: Int64(seconds), paths: [[]],
                mixtureWeights: [],
                isCold: true)
            let activity = Activity(History(), futures: futures) { _ in 0 }
            #expect(activity.future.count == days, "\(seconds)")
        }
    }

    @Test func noPathsAtAllGiveNumbers() {
        let futures = futures(days: 3, paths: [])
        let activity = Activity(History(), futures: futures) { _ in 0 }
        #expect(activity.future.map(\.high) == [0, 0, 0])
        for isNarrow in [false, true] {
            let markup = TimelineChart(activity, isNarrow: isNarrow).markup()
            #expect(PageReader(markup).text(in: "svg").contains("no events in this time"))
        }
    }

    @Test func timelineStaysInItsFrame() throws {
        let pasts = [[], [0.1], [89.0, 0], Array(repeating: 0.2, count: 5000)]
        let ahead: [[[Double]]] = [
            [], [[]], [[0]], [Array(repeating: 0.5, count: 400), []], [[-5, 400]],
        ]
        for past in pasts {
            for paths in ahead {
                for days in [1, 2, 28, 366] {
                    let activity = Activity(
                        history(daysAgo: past), futures: futures(days: days, paths: paths)
                    ) { _ in 6 }
                    for isNarrow in [false, true] {
                        let chart = TimelineChart(activity, isNarrow: isNarrow).markup()
                        for text in PageReader(chart).elements.compactMap({ $0.attributes["d"] }) {
                            let numbers = text.split(whereSeparator: { "MLQZ ".contains($0) })
                            let inside = numbers.allSatisfy { number in
                                Double(number).map { (0...1080).contains($0) } ?? false
                            }
                            #expect(inside, "\(past.count), \(paths.count), \(days): \(text)")
                        }
                    }
                }
            }
        }
    }
}
