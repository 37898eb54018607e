import LMDB
import PropertyGraph
package import Shop
import ShopFormats
import Time

/// Feeds: what is known of the days around all customers, as nodes of the shared graph.
///
/// Weather and trends lie in blocks of 32 days (``DayBlock``), so that the weather of fifty cities
/// over three years is some two thousand nodes. No edge leads to them: a city of a twin goes with
/// the last twin that names it, and a feed's city is a property and stays.
extension TwinStore {
    /// Adds what is known of the days around customers.
    ///
    /// What is said anew replaces what was said before: of the same city and day, the same event
    /// (uid and city), the same category, city and day, or the same item, city and first day.
    ///
    /// - Parameter feeds: What is known.
    /// - Throws: ``TwinsError`` that names a value out of its bounds, `LMDBError` or `GraphError`;
    ///   then nothing is added.
    /// - Complexity: O(n log n) for n values.
    package func add(_ feeds: ContextFeeds) throws { try add([feeds]) }

    /// Adds several feeds one after the other, all or nothing.
    ///
    /// - Parameter feeds: The feeds; where two speak of the same, the later one counts.
    /// - Throws: As for one; then nothing of any is added.
    package func add(_ feeds: [ContextFeeds]) throws {
        for part in feeds { try ContextRules.check(part) }
        try graph.write { transaction in
            for part in feeds { try add(part, in: transaction) }
        }
    }

    private func add(
        _ feeds: ContextFeeds, in transaction: borrowing WriteTransaction
    ) throws {
        for (city, days) in feeds.weather.sorted(by: { $0.key < $1.key }) {
            try add(days, of: city, in: transaction)
        }
        try add(feeds.trends, in: transaction)
        for event in feeds.events {
            try put(
                .publicEvent, ContextName.name(of: event), ContextNodes.properties(of: event),
                in: transaction)
        }
        for offer in feeds.offers {
            try put(
                .offer, ContextName.name(of: offer), ContextNodes.properties(of: offer),
                in: transaction)
        }
    }

    private func add(
        _ days: [Int: Weather], of city: String, in transaction: borrowing WriteTransaction
    ) throws {
        let blocks = Dictionary(grouping: days) { DayBlock.first(of: $0.key) }
        for (first, days) in blocks.sorted(by: { $0.key < $1.key }) {
            let name = ContextName.name(ofWeatherIn: city, from: first)
            let known = try properties(.weather, name, in: transaction)
            var temperature = DayBlock(first: first)
            var precipitation = DayBlock(first: first)
            if let known {
                temperature = try ContextNodes.block("temperature", in: known, first: first)
                precipitation = try ContextNodes.block("precipitation", in: known, first: first)
            }
            for (day, weather) in days {
                temperature[day] = weather.temperature
                precipitation[day] = weather.precipitation
            }
            let properties: [String: Property] = [
                "city": .string(city), "firstDay": ContextNodes.day(first),
                "temperature": .string(temperature.text),
                "precipitation": .string(precipitation.text),
            ]
            try put(.weather, name, properties, in: transaction)
        }
    }

    private func add(
        _ trends: [Trend], in transaction: borrowing WriteTransaction
    ) throws {
        let blocks = Dictionary(grouping: trends) { trend in
            ContextName.name(of: trend, from: DayBlock.first(of: trend.day))
        }
        for (name, trends) in blocks.sorted(by: { $0.key < $1.key }) {
            guard let trend = trends.last else { continue }
            let first = DayBlock.first(of: trend.day)
            let known = try properties(.trend, name, in: transaction)
            var levels =
                try known.map { try ContextNodes.block("level", in: $0, first: first) }
                ?? DayBlock(first: first)
            for trend in trends { levels[trend.day] = trend.level }
            var properties = ContextNodes.place(trend.city)
            properties["category"] = .string(trend.category)
            properties["firstDay"] = ContextNodes.day(first)
            properties["level"] = .string(levels.text)
            try put(.trend, name, properties, in: transaction)
        }
    }

    private func properties(
        _ label: Label, _ name: String, in transaction: borrowing WriteTransaction
    ) throws -> [String: Property]? {
        guard let node = try graph.node(label, name, in: transaction) else { return nil }
        return try graph.properties(of: node, graph: .shared, in: transaction)
    }

    private func put(
        _ label: Label, _ name: String, _ properties: [String: Property],
        in transaction: borrowing WriteTransaction
    ) throws {
        let node = try graph.addNode(label, name, in: transaction)
        try graph.put(Node(id: node, properties: properties), graph: .shared, in: transaction)
    }

    /// Removes what is known of one kind.
    ///
    /// - Parameters:
    ///   - kind: The kind.
    ///   - city: Only what is said of this city; of all cities and of everywhere unless given.
    /// - Returns: How many days of weather or of a category's trend, events or offers it was.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``; then nothing is removed.
    /// - Complexity: O(n) for n values of the kind.
    @discardableResult
    package func removeContext(_ kind: ContextKind, city: String? = nil) throws -> Int {
        try graph.write { transaction in
            var count = 0
            var nodes: [NodeID] = []
            try forEachNode(of: kind, in: transaction) { node, properties in
                guard city == nil || properties["city"]?.string == city else { return }
                count += try Self.valueCount(of: kind, properties)
                nodes.append(node)
            }
            for node in nodes {
                try graph.removeProperties(of: node, graph: .shared, in: transaction)
                try graph.removeName(of: node, in: transaction)
            }
            return count
        }
    }

    private static func valueCount(
        of kind: ContextKind, _ properties: [String: Property]
    ) throws -> Int {
        switch kind {
        case .weather: try ContextNodes.block("temperature", in: properties).known.count
        case .trends: try ContextNodes.block("level", in: properties).known.count
        case .events, .offers: 1
        }
    }
}
