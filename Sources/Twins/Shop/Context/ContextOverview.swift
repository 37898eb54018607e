/// What is known of the days around customers, in figures.
package struct ContextOverview: Hashable, Sendable, Codable {
    /// What one kind of feeds says of one city, or of everywhere.
    package struct Row: Hashable, Sendable, Codable {
        /// The kind.
        package var kind: ContextKind
        /// The city; everywhere if `nil`.
        package var city: String?
        /// The first day, in days since 1970.
        package var firstDay: Int
        /// The last day, in days since 1970.
        package var lastDay: Int
        /// How many days of weather, events, days of a category's trend, or offers.
        package var count: Int
        /// How many days from the first to the last nobody has said anything of.
        ///
        /// These are days of weather, and of the trend of each category; events and offers have no
        /// gaps.
        package var gapCount: Int
    }

    /// By kind, then by city; what is everywhere comes before all cities.
    package var rows: [Row] = []

    /// Looks at feeds.
    ///
    /// - Parameters:
    ///   - feeds: What is known.
    ///   - city: What is said of this city alone, without what is said of everywhere.
    package init(_ feeds: ContextFeeds, city: String? = nil) {
        var spans: [Key: [String: Span]] = [:]
        func see(_ kind: ContextKind, _ place: String?, _ first: Int, _ last: Int, _ of: String) {
            guard city == nil || city == place else { return }
            spans[Key(kind: kind, city: place), default: [:]][of, default: Span()].add(first, last)
        }
        for (city, days) in feeds.weather {
            for day in days.keys { see(.weather, city, day, day, "") }
        }
        for event in feeds.events { see(.events, event.city, event.firstDay, event.lastDay, "") }
        for trend in feeds.trends {
            see(.trends, trend.city, trend.day, trend.day, trend.category)
        }
        for offer in feeds.offers { see(.offers, offer.city, offer.firstDay, offer.lastDay, "") }
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
            let places = (
                order.firstIndex(of: left.kind) ?? 0, order.firstIndex(of: right.kind) ?? 0
            )
            return (places.0, left.city ?? "") < (places.1, right.city ?? "")
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

        mutating func add(_ first: Int, _ last: Int) {
            self.first = min(self.first, first)
            self.last = max(self.last, last)
            count += 1
        }
    }
}
