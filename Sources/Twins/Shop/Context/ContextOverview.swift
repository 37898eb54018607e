/// A summary of context feeds: which days they cover, by kind and city.
package struct ContextOverview: Hashable, Sendable, Codable {
    /// The days that one kind of feeds covers in one city, or everywhere.
    package struct Row: Hashable, Sendable, Codable {
        /// The kind.
        package var kind: ContextKind
        /// The city; everywhere if `nil`.
        package var city: String?
        /// The first day, in days since 1970.
        package var firstDay: Int
        /// The last day, in days since 1970.
        package var lastDay: Int
        /// The number of values: days of weather, days of trends of categories, events, or offers.
        package var count: Int
        /// The number of days without a value from the first to the last day.
        ///
        /// It counts days of weather, and days of the trend of each category. Events and offers
        /// have no gaps.
        package var gapCount: Int
    }

    /// The rows by kind, then by city; feeds of everywhere come before all cities.
    package var rows: [Row] = []

    /// Summarises feeds.
    ///
    /// - Parameters:
    ///   - feeds: The feeds.
    ///   - city: Only feeds of this city, without those of everywhere; all feeds unless given.
    package init(_ feeds: ContextFeeds, city: String? = nil) {
        var spans: [Key: [String: Span]] = [:]
        func add(
            _ kind: ContextKind, in feedCity: String?, from first: Int, to last: Int,
            series: String = ""
        ) {
            guard city == nil || city == feedCity else { return }
            spans[Key(kind: kind, city: feedCity), default: [:]][series, default: Span()]
                .add(from: first, to: last)
        }
        for (city, days) in feeds.weather {
            for day in days.keys { add(.weather, in: city, from: day, to: day) }
        }
        for event in feeds.events {
            add(.events, in: event.city, from: event.firstDay, to: event.lastDay)
        }
        for trend in feeds.trends {
            add(.trends, in: trend.city, from: trend.day, to: trend.day, series: trend.category)
        }
        for offer in feeds.offers {
            add(.offers, in: offer.city, from: offer.firstDay, to: offer.lastDay)
        }
        rows = spans.map { key, parts in
            let hasGaps = key.kind == .weather || key.kind == .trends
            return Row(
                kind: key.kind, city: key.city,
                firstDay: parts.values.map(\.first).min() ?? 0,
                lastDay: parts.values.map(\.last).max() ?? 0,
                count: parts.values.reduce(0) { $0 + $1.count },
                gapCount: hasGaps
                    ? parts.values.reduce(0) { $0 + $1.last - $1.first + 1 - $1.count } : 0)
        }
        let order = ContextKind.allCases
        rows.sort { left, right in
            let ranks = (
                order.firstIndex(of: left.kind) ?? 0, order.firstIndex(of: right.kind) ?? 0
            )
            return (ranks.0, left.city ?? "") < (ranks.1, right.city ?? "")
        }
    }

    private struct Key: Hashable {
        var kind: ContextKind
        var city: String?
    }

    private struct Span {
        var first = Int.max
        var last = Int.min
        var count = 0

        mutating func add(from first: Int, to last: Int) {
            self.first = min(self.first, first)
            self.last = max(self.last, last)
            count += 1
        }
    }
}
