import LMDB
import PropertyGraph
package import Shop

/// Reading feeds.
extension TwinStore {
    /// All that is known of the days around customers.
    ///
    /// Events are sorted by their days, trends by category, city and day, offers by item, city and
    /// day: the same feeds are read in the same order, however they came in.
    ///
    /// - Returns: The feeds; empty in a store without feeds.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError`` if the store is damaged.
    /// - Complexity: O(n log n) for n values.
    package func contextFeeds() throws -> ContextFeeds {
        try graph.read { transaction in
            var feeds = ContextFeeds()
            try forEachNode(of: .weather, in: transaction) { _, properties in
                try Self.addWeather(properties, to: &feeds.weather)
            }
            try forEachNode(of: .events, in: transaction) { _, properties in
                feeds.events.append(try ContextNodes.event(properties))
            }
            feeds.events.sort { left, right in
                (left.firstDay, left.lastDay, left.uid, left.city ?? "")
                    < (right.firstDay, right.lastDay, right.uid, right.city ?? "")
            }
            feeds.trends = try trends(in: transaction)
            try forEachNode(of: .offers, in: transaction) { _, properties in
                feeds.offers.append(try ContextNodes.offer(properties))
            }
            feeds.offers.sort { left, right in
                (left.itemID, left.city ?? "", left.firstDay)
                    < (right.itemID, right.city ?? "", right.firstDay)
            }
            return feeds
        }
    }

    private static func addWeather(
        _ properties: [String: Property], to weather: inout [String: [Int: Weather]]
    ) throws {
        guard let city = properties["city"]?.string else { throw DayBlock.damaged }
        let temperatures = try ContextNodes.block("temperature", in: properties).known
        let precipitations = try ContextNodes.block("precipitation", in: properties).known
        guard temperatures.map(\.day) == precipitations.map(\.day) else { throw DayBlock.damaged }
        for (temperature, precipitation) in zip(temperatures, precipitations) {
            weather[city, default: [:]][temperature.day] = Weather(
                temperature: temperature.value, precipitation: precipitation.value)
        }
    }

    /// All trends in order; whole blocks are sorted, for there may be a million values.
    private func trends(in transaction: borrowing ReadTransaction) throws -> [Trend] {
        var blocks: [(category: String, city: String?, levels: DayBlock)] = []
        try forEachNode(of: .trends, in: transaction) { _, properties in
            guard let category = properties["category"]?.string else { throw DayBlock.damaged }
            let levels = try ContextNodes.block("level", in: properties)
            blocks.append((category, properties["city"]?.string, levels))
        }
        blocks.sort { left, right in
            (left.category, left.city ?? "", left.levels.first)
                < (right.category, right.city ?? "", right.levels.first)
        }
        return blocks.flatMap { block in
            block.levels.known.map { day, level in
                Trend(category: block.category, city: block.city, day: day, level: level)
            }
        }
    }

    /// Visits the nodes of a kind of feeds by number.
    func forEachNode(
        of kind: ContextKind, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (NodeID, [String: Property]) throws -> Void
    ) throws {
        // A store that was never opened for writing since there are feeds does not know the label.
        guard graph.labels.contains(kind.label) else { return }
        try graph.forEachNode(kind.label, in: transaction) { node, _ in
            guard let known = try graph.properties(of: node, graph: .shared, in: transaction)
            else { return }
            try body(node, known)
        }
    }
}

extension ContextKind {
    fileprivate var label: Label {
        switch self {
        case .weather: .weather
        case .events: .publicEvent
        case .trends: .trend
        case .offers: .offer
        }
    }
}
