import PropertyGraph
public import Twins

/// What was bought where and when, which is all that responses to the days are learned of.
public struct ResponseCounts: Sendable {
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
    /// How many customers each city had, by day, as changes from the day before.
    private var arrivals: [CityDay: Double] = [:]
    private var places: [String: Int] = [:]

    /// How long a customer is taken to stay after the newest event.
    private static let stayDays = 14

    /// Nothing was bought.
    public init() {}

    /// Counts what a customer bought.
    ///
    /// - Parameters:
    ///   - log: The customer's events, oldest first.
    ///   - city: Where the customer lives, as far as is known.
    public mutating func add(_ log: [LogEntry], city: String?) {
        guard let first = log.first, let last = log.last else { return }
        let home = place(of: city ?? "")
        let end = Day.number(of: last.timestamp) + Self.stayDays
        arrivals[CityDay(city: home, day: Day.number(of: first.timestamp)), default: 0] += 1
        arrivals[CityDay(city: home, day: end), default: 0] -= 1
        for entry in log where entry.type == .purchase {
            guard let item = entry.item else { continue }
            let day = Day.number(of: entry.timestamp)
            items[item, default: [:]][day, default: 0] += 1
            cityItems[CityDay(city: home, day: day), default: [:]][item, default: 0] += 1
        }
    }

    /// How many customers a city has on each day until the last one with a purchase.
    func customers(city: Int) -> [Int: Double] {
        let changes = arrivals.filter { $0.key.city == city }
        guard let first = changes.keys.map(\.day).min(),
            let last = cityItems.keys.lazy.map(\.day).max(), first <= last
        else { return [:] }
        var result: [Int: Double] = [:]
        var count = 0.0
        for day in first...last {
            count += changes[CityDay(city: city, day: day)] ?? 0
            result[day] = count
        }
        return result
    }

    private mutating func place(of city: String) -> Int {
        if let place = places[city] { return place }
        places[city] = cities.count
        cities.append(city)
        return cities.count - 1
    }
}
