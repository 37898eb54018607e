import Learning
import Prediction
import Shop

/// Counts that compare simulated paths with real outcomes.
///
/// They can be added over customers.
package struct PathStatistics: Sendable, Equatable {
    /// Simulated and real counts by class.
    ///
    /// A simulated event counts 1 / paths.
    package struct Counts: Sendable, Equatable {
        /// The simulated counts, as a mean over paths.
        package private(set) var simulated: [Double]
        /// The real counts.
        package private(set) var real: [Double]

        init(_ count: Int) {
            simulated = [Double](repeating: 0, count: count)
            real = simulated
        }

        mutating func add(simulated index: Int, _ weight: Double) {
            if simulated.indices.contains(index) { simulated[index] += weight }
        }

        mutating func add(real index: Int) {
            if real.indices.contains(index) { real[index] += 1 }
        }

        static func += (left: inout Counts, right: Counts) {
            for index in left.simulated.indices where right.simulated.indices.contains(index) {
                left.simulated[index] += right.simulated[index]
                left.real[index] += right.real[index]
            }
        }

        /// The total variation distance of both distributions, 0 to 1; 0 if one of them is empty.
        package var totalVariation: Double {
            let (left, right) = (simulated.reduce(0, +), real.reduce(0, +))
            guard left > 0, right > 0 else { return 0 }
            return zip(simulated, real).reduce(0) { $0 + abs($1.0 / left - $1.1 / right) } / 2
        }

        /// The simulated total and the real one.
        package var totals: (simulated: Double, real: Double) {
            (simulated.reduce(0, +), real.reduce(0, +))
        }
    }

    /// Paths, or customers, by number of events: 0, 1, 2–3, 4–7, 8–15 and so on.
    package private(set) var lengths = Counts(16)
    /// Times between successive events, by class of gap.
    package private(set) var gaps = Counts(TimeGap.count)
    /// Events by part of the week.
    package private(set) var weekParts = Counts(WeekPart.count)
    /// Events by type.
    package private(set) var types = Counts(256)
    /// Events whose item was new to the customer at the origin, and those whose item was not.
    package private(set) var repeats = Counts(2)
    /// Events by category of the item.
    package private(set) var categories: Counts

    /// Creates empty counts.
    ///
    /// - Parameter categoryCount: The number of categories.
    package init(categoryCount: Int) { categories = Counts(categoryCount) }

    /// Counts one customer.
    init(_ backtestCase: BacktestCase, _ futures: Futures, categories numbers: [Int]) {
        self.init(categoryCount: (numbers.max() ?? -1) + 1)
        let known = Set(backtestCase.history.items)
        let weight = 1 / Double(max(1, futures.pathCount))
        let start = backtestCase.history.lastTime ?? backtestCase.origin
        func isRepeat(_ item: Int32) -> Int { known.contains(item) ? 1 : 0 }
        func category(_ item: Int32) -> Int {
            numbers.indices.contains(Int(item)) ? numbers[Int(item)] : -1
        }
        for path in 0..<futures.pathCount {
            let events = futures.path(path)
            lengths.add(simulated: Self.lengthClass(events.count), weight)
            var last = start
            for event in events {
                gaps.add(simulated: TimeGap.index(seconds: event.time - last), weight)
                weekParts.add(simulated: WeekPart.index(time: event.time), weight)
                types.add(simulated: Int(event.type.rawValue), weight)
                repeats.add(simulated: isRepeat(event.item), weight)
                categories.add(simulated: category(event.item), weight)
                last = event.time
            }
        }
        let outcome = backtestCase.outcome
        lengths.add(real: Self.lengthClass(outcome.count))
        var last = start
        for index in outcome.items.indices {
            gaps.add(real: TimeGap.index(seconds: outcome.times[index] - last))
            weekParts.add(real: WeekPart.index(time: outcome.times[index]))
            types.add(real: Int(outcome.types[index].rawValue))
            repeats.add(real: isRepeat(outcome.items[index]))
            categories.add(real: category(outcome.items[index]))
            last = outcome.times[index]
        }
    }

    package static func += (left: inout PathStatistics, right: PathStatistics) {
        left.lengths += right.lengths
        left.gaps += right.gaps
        left.weekParts += right.weekParts
        left.types += right.types
        left.repeats += right.repeats
        left.categories += right.categories
    }

    private static func lengthClass(_ count: Int) -> Int {
        Int.bitWidth - count.leadingZeroBitCount
    }
}
