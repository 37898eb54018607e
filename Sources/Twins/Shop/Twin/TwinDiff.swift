package import Time

/// What changed in a twin between two times.
package struct TwinDiff: Hashable, Sendable {
    /// The earlier time.
    package let start: Timestamp
    /// The later time.
    package let end: Timestamp
    /// The number of events between the two times.
    package let eventCount: Int
    /// The edges that are new or whose weight or count changed, the greatest change of weight
    /// first.
    package let edges: [Change]
    /// Changed preferences for categories, the greatest change first.
    package let categories: [ShareChange]
    /// Changed preferences for brands, the greatest change first.
    package let brands: [ShareChange]
    /// Changed activity in parts of the day, the greatest change first.
    package let dayparts: [ShareChange]

    /// How an edge changed.
    package struct Change: Hashable, Sendable {
        /// The item of an interaction, or the earlier item of a transition.
        package var from: String
        /// The later item of a transition; `nil` for an interaction.
        package var to: String?
        /// The type of the edge, such as `PURCHASED`.
        package var type: String
        /// The weights at both times; 0 before the edge existed.
        package var weights: (before: Double, after: Double) { (weightBefore, weightAfter) }
        /// The counts at both times.
        package var counts: (before: Int, after: Int) { (countBefore, countAfter) }
        /// Whether the edge did not exist at the earlier time.
        package var isNew: Bool { countBefore == 0 }

        var weightBefore = 0.0
        var weightAfter = 0.0
        var countBefore = 0
        var countAfter = 0

        var size: Double { abs(weightAfter - weightBefore) }
    }

    /// How a fraction of the customer's activity changed.
    package struct ShareChange: Hashable, Sendable {
        /// The category, brand or part of the day.
        package var name: String
        /// Its fraction at the earlier time, 0 to 1.
        package var before: Double
        /// Its fraction at the later time, 0 to 1.
        package var after: Double
    }

    /// Compares two states of a twin.
    package init(from old: UserTwin, at start: Timestamp, to new: UserTwin, at end: Timestamp) {
        self.start = start
        self.end = end
        eventCount = new.eventCount - old.eventCount
        var changes: [EdgeName: Change] = [:]
        for (name, weight, count) in Self.edges(of: old) {
            let change = Change(
                from: name.from, to: name.to, type: name.type, weightBefore: weight,
                countBefore: count)
            changes[name] = change
        }
        for (name, weight, count) in Self.edges(of: new) {
            var change = changes[name] ?? Change(from: name.from, to: name.to, type: name.type)
            change.weightAfter = weight
            change.countAfter = count
            changes[name] = change
        }
        edges = changes.values.filter { $0.size > 0 || $0.countBefore != $0.countAfter }
            .sorted {
                ($1.size, $0.from, $0.to ?? "", $0.type)
                    < ($0.size, $1.from, $1.to ?? "", $1.type)
            }
        categories = Self.changes(old.preferences.categories, new.preferences.categories)
        brands = Self.changes(old.preferences.brands, new.preferences.brands)
        dayparts = Self.changes(old.preferences.dayparts, new.preferences.dayparts)
    }

    private struct EdgeName: Hashable {
        var from: String
        var to: String?
        var type: String
    }

    private static func edges(of twin: UserTwin) -> [(EdgeName, weight: Double, count: Int)] {
        twin.itemGraph.interactions.map {
            (EdgeName(from: $0.itemID, to: nil, type: $0.edgeType), $0.weight, $0.count)
        }
            + twin.itemGraph.sequences.map {
                (EdgeName(from: $0.from, to: $0.to, type: $0.type), $0.weight, $0.count)
            }
    }

    private static func changes(
        _ old: [UserTwin.Preferences.Share], _ new: [UserTwin.Preferences.Share]
    ) -> [ShareChange] {
        var changes: [String: ShareChange] = [:]
        for share in old {
            changes[share.name] = ShareChange(name: share.name, before: share.share, after: 0)
        }
        for share in new {
            changes[share.name, default: ShareChange(name: share.name, before: 0, after: 0)]
                .after = share.share
        }
        return changes.values.filter { $0.before != $0.after }
            .sorted { (abs($1.after - $1.before), $0.name) < (abs($0.after - $0.before), $1.name) }
    }
}
