import FuturesFixtures
import Kernels
import Learning
import Prediction
import Shop
import Testing

@testable import Simulation

@Suite("Visit hours")
struct VisitHoursTests {
    /// A customer who came forty times in the same part of the week, and ten times in another.
    private func hours() -> VisitHours {
        var history = History()
        for week in 0..<50 {
            let part: Int64 = week % 5 == 0 ? 20 : 33
            history.append(
                item: 0, type: .view, time: Int64(week) * 7 * day + part * WeekPart.seconds + 100)
        }
        return VisitHours(history)
    }

    private func samples(
        _ hours: VisitHours, _ range: ClosedRange<Int64>, count: Int = 20_000
    ) -> [Int64] {
        var generator = PhiloxGenerator(seed: 5)
        return (0..<count).map { _ in
            hours.sample(range, at: (generator.uniform(), generator.uniform(), generator.uniform()))
        }
    }

    @Test("Times are in the range, at its ends too")
    func range() {
        let almost = 1 - 0x1p-53
        let lengths: [Int64] = [0, 1, 5_000, 10_799, 10_800, 100_000, 604_799, 604_800, 9_999_999]
        for length in lengths {
            for start in [-1_000_000, 0, 1_700_000_123] as [Int64] {
                let range = start...start + length
                for a in [0, 0.5, almost] {
                    for b in [0, 0.5, almost] {
                        for c in [0, 0.5, almost] {
                            #expect(range.contains(hours().sample(range, at: (a, b, c))))
                        }
                    }
                }
            }
        }
    }

    @Test("A customer visits at the usual hours, and sometimes at others")
    func usual() {
        let start: Int64 = 1_700_000_000
        for range in [start...start + 7 * day - 1, start...start + 40 * day] {
            var counts = [Double](repeating: 0, count: WeekPart.count)
            let times = samples(hours(), range)
            for time in times { counts[WeekPart.index(time: time)] += 1 / Double(times.count) }
            // 40, 10, and 4 spread over all 56 parts, of 54.
            #expect(abs(counts[33] - (40 + 4.0 / 56) / 54) < 0.02)
            #expect(abs(counts[20] - (10 + 4.0 / 56) / 54) < 0.02)
            #expect(counts.allSatisfy { $0 > 0 })
        }
    }

    @Test("Without visits in a range, and for an unknown customer, times are uniform")
    func even() {
        let day5 = 5 * WeekPart.seconds
        let range = day5 + 3_000...day5 + 40_000  // parts 5 to 8
        for hours in [hours(), VisitHours(History())] {
            let times = samples(hours, range).sorted()
            let mean = times.reduce(0.0) { $0 + Double($1) } / Double(times.count)
            #expect(abs(mean - Double(day5 + 21_500)) < 400)
            let inner = times.count { $0 < day5 + 3_000 + 18_500 }
            #expect(abs(Double(inner) / Double(times.count) - 0.5) < 0.02)
        }
        let whole = samples(VisitHours(History()), 0...28 * day - 1)
        let weekCounts = (0..<4).map { week in whole.count { $0 / (7 * day) == week } }
        // The sampled week can begin anywhere, so the ends of the range are rarer.
        #expect(weekCounts.allSatisfy { $0 > 2_000 })
    }
}
