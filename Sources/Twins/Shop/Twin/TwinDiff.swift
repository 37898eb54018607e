package import Time

/// What changed in a twin between two moments.
package struct TwinDiff: Hashable, Sendable {
    /// The earlier moment.
    package let start: Timestamp
    /// The later moment.
    package let end: Timestamp
    /// How many events lie between the two.
    package let eventCount: Int
    /// What was done with items and what followed what: those that came, grew or faded, the
    /// greatest change of weight first.
    package let edges: [Change]
    /// Shares of categories that changed, the greatest change first.
    package let categories: [ShareChange]
    /// Shares of brands that changed, the greatest change first.
    package let brands: [ShareChange]
    /// Shares of parts of the day that changed, the greatest change first.
    package let dayparts: [ShareChange]

    /// How an edge changed.
    package struct Change: Hashable, Sendable {
        /// The item, or the earlier of two.
        package var from: String
        /// The later of two items; `nil` for what the customer did with one.
        package var to: String?
        /// The type of the edge, such as `PURCHASED`.
        package var type: String
        /// The weights at both moments; 0 where there was no edge yet.
        package var weights: (before: Double, after: Double) { (weightBefore, weightAfter) }
        /// The counts at both moments.
        package var counts: (before: Int, after: Int) { (countBefore, countAfter) }
        /// Whether the edge came to be between the two moments.
        package var isNew: Bool { countBefore == 0 }

        var weightBefore = 0.0
        var weightAfter = 0.0
        var countBefore = 0
        var countAfter = 0

        var size: Double { abs(weightAfter - weightBefore) }
    }

    /// How a share changed.
    package struct ShareChange: Hashable, Sendable {
        /// The category, brand or part of the day.
        package var name: String
        /// Its share at the earlier moment, 0 to 1.
        package var before: Double
        /// Its share at the later moment, 0 to 1.
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
