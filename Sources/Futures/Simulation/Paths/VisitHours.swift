import Learning
import Prediction

/// When in the week a customer visits, as weights of the parts of the week.
///
/// A class of gaps narrows a time down to a day at best. These weights sample the time within it.
struct VisitHours: Sendable {
    private let weights: [Double]

    /// Baskets spread evenly over the week that are added to the customer's own.
    private static let smoothing = 4.0

    /// Counts the baskets of a history by part of the week.
    init(_ history: History) {
        var counts = [Double](
            repeating: Self.smoothing / Double(WeekPart.count), count: WeekPart.count)
        for basket in 0..<history.basketCount {
            counts[WeekPart.index(time: history.times[history.basket(basket).lowerBound])] += 1
        }
        weights = counts
    }

    /// Samples a time from a range.
    ///
    /// In a range longer than a week, a week of it is sampled uniformly first.
    ///
    /// - Parameters:
    ///   - range: Seconds since 1970.
    ///   - uniforms: Random numbers from 0 to 1: for the week, the part of the week, the second.
    /// - Returns: A time in the range.
    /// - Complexity: O(`WeekPart.count`).
    func sample(
        _ range: ClosedRange<Int64>, at uniforms: (Double, Double, Double)
    ) -> Int64 {
        let week = Int64(WeekPart.count) * WeekPart.seconds
        let spare = range.upperBound - range.lowerBound + 1 - week
        let first = range.lowerBound + (spare > 0 ? Int64(uniforms.0 * Double(spare)) : 0)
        let last = spare > 0 ? first + week - 1 : range.upperBound
        let total = reduce(first...last, 0) { $0 += weight(of: $1) }
        var left = uniforms.1 * total
        let chosen = reduce(first...last, first...last) { chosen, part in
            guard left >= 0 else { return }
            chosen = part
            left -= weight(of: part)
        }
        return chosen.lowerBound
            + min(Int64(chosen.count) - 1, Int64(uniforms.2 * Double(chosen.count)))
    }

    /// The weight of a range of seconds within one part of the week.
    private func weight(of part: ClosedRange<Int64>) -> Double {
        weights[WeekPart.index(time: part.lowerBound)] * Double(part.count)
    }

    /// Folds over the pieces of a range that belong to one part of the week each, in order.
    private func reduce<Result>(
        _ range: ClosedRange<Int64>, _ initial: Result,
        _ body: (inout Result, ClosedRange<Int64>) -> Void
    ) -> Result {
        var result = initial
        var from = range.lowerBound
        while from <= range.upperBound {
            let within = (from % WeekPart.seconds + WeekPart.seconds) % WeekPart.seconds
            let end = min(range.upperBound, from + WeekPart.seconds - 1 - within)
            body(&result, from...end)
            from = end + 1
        }
        return result
    }
}
