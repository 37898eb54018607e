import Prediction
import Recommendations
import Simulation
import Time

/// How much a customer did in the past days, by category, and will do in the days to come.
struct Activity: Sendable {
    /// What the middle and most of the paths have on one day.
    struct Band: Sendable {
        /// The 10 % point over paths.
        var low: Double
        /// The middle of the paths.
        var median: Double
        /// The 90 % point over paths.
        var high: Double
    }

    /// Days over which events are averaged: shopping has a weekly rhythm.
    static let window = 7
    /// Days of the past that are shown at most.
    static let pastDaysMax = 90

    /// Events a day by colour and day, oldest day first, as means of ``window`` days.
    let past: [[Double]]
    /// Events a day to come, as means of ``window`` days; the first are partly of the past.
    let future: [Band]
    /// Events of the past, over as long a time as the futures reach.
    let countBefore: Int
    /// Events to come within the horizon.
    let countAfter: Band
    /// The origin of the forecast.
    let origin: Timestamp

    /// Counts events.
    ///
    /// - Parameters:
    ///   - history: What has happened.
    ///   - futures: What may come.
    ///   - color: The colour of an item by its index in the catalogue.
    init(_ history: History, futures: Futures, color: (Int32) -> Int) {
        origin = Timestamp(seconds: futures.origin)
        let known = history.times.first.map { Int((futures.origin - $0) / 86_400) + 1 } ?? 0
        let days = min(Self.pastDaysMax, max(14, known))
        let reach = days + Self.window - 1
        var counts = [[Int]](
            repeating: [Int](repeating: 0, count: reach), count: CategoryColors.count + 1)
        var before = 0
        for (item, time) in zip(history.items, history.times) where time <= futures.origin {
            if futures.origin - time < futures.horizonSeconds { before += 1 }
            let age = (futures.origin - time) / 86_400
            guard age < reach else { continue }
            counts[color(item)][reach - 1 - Int(age)] += 1
        }
        countBefore = before
        past = counts.map { Self.rollingMean($0) }
        let newest = (0..<Self.window - 1).map { day in
            counts.reduce(0) { $0 + $1[reach - Self.window + 1 + day] }
        }
        future = Self.bands(futures, after: newest)
        let lengths = (0..<futures.pathCount).map { Double(futures.path($0).count) }.sorted()
        countAfter = Self.band(lengths)
    }

    /// Events a day of all categories on each past day.
    var pastTotals: [Double] {
        (past.first ?? []).indices.map { day in past.reduce(0) { $0 + $1[day] } }
    }

    private static func rollingMean(_ counts: [Int]) -> [Double] {
        guard counts.count >= window else { return [] }
        return (0...counts.count - window).map { start in
            Double(counts[start..<start + window].reduce(0, +)) / Double(window)
        }
    }

    private static func bands(_ futures: Futures, after newest: [Int]) -> [Band] {
        let days = max(1, Int((futures.horizonSeconds + 86_399) / 86_400))
        var values = [[Double]](repeating: [], count: days)
        for index in 0..<futures.pathCount {
            var counts = newest + [Int](repeating: 0, count: days)
            for event in futures.path(index) {
                let day = Int((event.time - futures.origin) / 86_400)
                guard day >= 0 else { continue }
                counts[newest.count + min(day, days - 1)] += 1
            }
            for (day, mean) in rollingMean(counts).enumerated() { values[day].append(mean) }
        }
        return values.map { band($0.sorted()) }
    }

    private static func band(_ sorted: [Double]) -> Band {
        Band(
            low: sorted.quantile(0.1), median: sorted.quantile(0.5), high: sorted.quantile(0.9))
    }
}
