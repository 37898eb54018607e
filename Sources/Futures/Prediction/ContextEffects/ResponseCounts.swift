import Shop
import Time
package import TwinStorage

/// What was bought where and when, which is all that responses to the days are learned of.
package struct ResponseCounts: Sendable {
    /// A city on a day.
    struct CityDay: Hashable, Sendable {
        /// The city, as a place in ``cities``.
        var city: Int
        /// The day, in days since 1970.
        var day: Int
    }

    /// The cities; the customers without one are in the city without a name.
    private(set) var cities: [String] = []
    /// How many purchases there were of each item, by its running number in the store, on each day.
    private(set) var items: [Int: [Int: Double]] = [:]
    /// How many purchases there were of each item in each city on each day.
    private(set) var cityItems: [CityDay: [Int: Double]] = [:]
    /// The customers of each city.
    private var presence: [Presence] = []
    private var places: [String: Int] = [:]

    /// Nothing was bought.
    package init() {}

    /// Counts what a customer bought.
    ///
    /// - Parameters:
    ///   - log: The customer's events, oldest first.
    ///   - city: Where the customer lives, as far as is known.
    package mutating func add(_ log: [LogEntry], city: String?) {
        guard !log.isEmpty else { return }
        let home = place(of: city ?? "")
        presence[home].add(log)
        for entry in log where entry.type == .purchase {
            guard let item = entry.item else { continue }
            let day = Day.number(of: entry.timestamp)
            items[item, default: [:]][day, default: 0] += 1
            cityItems[CityDay(city: home, day: day), default: [:]][item, default: 0] += 1
        }
    }

    /// How many customers a city has on each day with events before or on it, and after or on it.
    func customers(city: Int) -> [Int: Double] {
        presence[city].customers()
    }

    private mutating func place(of city: String) -> Int {
        if let place = places[city] { return place }
        places[city] = cities.count
        cities.append(city)
        presence.append(Presence())
        return cities.count - 1
    }
}
