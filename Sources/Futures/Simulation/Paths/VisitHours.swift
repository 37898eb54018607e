import Learning
import Prediction

/// When in the week a customer comes: weights of the parts of the week.
///
/// The time of a gap's class says the day at best. People come at their hours, so a time within the
/// class is drawn by these weights.
struct VisitHours: Sendable {
    private let weights: [Double]

    /// Moments spread over the whole week that are added to the customer's own.
    private static let smoothing = 4.0

    /// The hours of a customer's past visits.
    init(_ history: History) {
        var counts = [Double](
            repeating: Self.smoothing / Double(WeekPart.count), count: WeekPart.count)
        for moment in 0..<history.basketCount {
            counts[WeekPart.index(time: history.times[history.basket(moment).lowerBound])] += 1
        }
        weights = counts
    }

    /// Draws a time from a range.
    ///
    /// In a range longer than a week, a week of it is drawn evenly first.
    ///
    /// - Parameters:
    ///   - range: Seconds since 1970.
    ///   - uniforms: Three random numbers from 0 to 1.
    /// - Returns: A time in the range.
    /// - Complexity: O(`WeekPart.count`).
    func draw(_ range: ClosedRange<Int64>, _ uniforms: (Double, Double, Double)) -> Int64 {
        let week = Int64(WeekPart.count) * WeekPart.seconds
        let spare = range.upperBound - range.lowerBound + 1 - week
        let first = range.lowerBound + (spare > 0 ? Int64(uniforms.0 * Double(spare)) : 0)
        let last = spare > 0 ? first + week - 1 : range.upperBound
        let total = reduce(first...last, 0) { $0 += weight(of: $1) }
        var left = uniforms.1 * total
        let slot = reduce(first...last, first...last) { slot, part in
            guard left >= 0 else { return }
            slot = part
            left -= weight(of: part)
        }
        return slot.lowerBound
            + min(Int64(slot.count) - 1, Int64(uniforms.2 * Double(slot.count)))
    }

    /// How often the customer comes in seconds that are all of one part of the week.
    private func weight(of part: ClosedRange<Int64>) -> Double {
        weights[WeekPart.index(time: part.lowerBound)] * Double(part.count)
    }

    /// Goes through the parts of the week, from the beginning of each that a range touches.
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
