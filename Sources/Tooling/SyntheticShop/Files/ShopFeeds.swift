import Foundation
import Shop
import Time

/// Makes the context of a shop: weather, calendar events, trends and offers.
struct ShopFeeds {
    /// The number of days after the shop's last day, enough to simulate a year from any day.
    static let daysAhead = 400

    private let configuration: ShopGenerator.Configuration
    private let firstDay: Int
    private let dayCount: Int

    init(_ configuration: ShopGenerator.Configuration) {
        self.configuration = configuration
        firstDay = Int(configuration.start.seconds / 86_400)
        dayCount = configuration.days + Self.daysAhead
    }

    /// The context of the days of a shop and of ``daysAhead`` more.
    func feeds(_ catalogue: Catalogue) -> ContextFeeds {
        ContextFeeds(
            weather: weather(), events: holidays() + concerts(), trends: trends(),
            offers: offers(catalogue))
    }

    /// Temperatures are a yearly wave plus autoregressive noise; rain is a two-state Markov chain.
    private func weather() -> [String: [Int: Weather]] {
        var weather: [String: [Int: Weather]] = [:]
        for (index, city) in Assortment.cities.enumerated() {
            var random = ShopRandom(seed: configuration.seed, stream: .weather(city: index))
            let climate = Assortment.climates[index]
            var difference = 0.0
            var isWet = false
            var days: [Int: Weather] = [:]
            for day in firstDay..<firstDay + dayCount {
                let wave = sin(2 * Double.pi * (Double(day % 365) - 110) / 365)
                difference = 0.75 * difference + 2.2 * random.normal()
                isWet = random.chance(isWet ? 0.6 : 0.25)
                let rain = isWet ? -6 * log(1 - random.uniform()) : 0
                days[day] = Weather(
                    temperature: roundedToTenths(climate.mean + climate.swing * wave + difference),
                    precipitation: roundedToTenths(rain))
            }
            weather[city] = days
        }
        return weather
    }

    private func holidays() -> [CalendarEvent] {
        var random = ShopRandom(seed: configuration.seed, stream: .holidays)
        return days(&random, gap: 20...45).enumerated().map { number, day in
            CalendarEvent(
                uid: "holiday-\(number + 1)", name: "Public holiday", kind: "holiday",
                firstDay: day)
        }
    }

    private func concerts() -> [CalendarEvent] {
        Assortment.cities.enumerated().flatMap { index, city in
            var random = ShopRandom(seed: configuration.seed, stream: .concerts(city: index))
            return days(&random, gap: 12...45).enumerated().map { number, day in
                CalendarEvent(
                    uid: "concert-\(city.lowercased())-\(number + 1)", name: "Concert in \(city)",
                    kind: "concert", city: city, firstDay: day)
            }
        }
    }

    /// Random days with gaps in the given range.
    private func days(_ random: inout ShopRandom, gap: ClosedRange<Double>) -> [Int] {
        var days: [Int] = []
        var day = firstDay + Int(random.uniform(in: gap))
        while day < firstDay + dayCount {
            days.append(day)
            day += Int(random.uniform(in: gap))
        }
        return days
    }

    /// Trends of departments: at random times, demand rises and falls over some weeks.
    private func trends() -> [Trend] {
        Assortment.departments.enumerated().flatMap { index, department in
            var random = ShopRandom(seed: configuration.seed, stream: .trends(department: index))
            return days(&random, gap: 40...120).flatMap { start in
                let length = 14 + random.integer(below: 15)
                let peak = random.uniform(in: 1.6...3)
                return (0..<length).map { day in
                    let wave = sin(Double.pi * (Double(day) + 0.5) / Double(length))
                    let level = 1 + (peak - 1) * wave * wave
                    return Trend(
                        category: department.name, day: start + day,
                        level: (level * 100).rounded() / 100)
                }
            }
        }
    }

    /// Each week some items have a lower price, by 10 to 40 %.
    private func offers(_ catalogue: Catalogue) -> [Offer] {
        var random = ShopRandom(seed: configuration.seed, stream: .offers)
        var offers: [Offer] = []
        let count = min(500, max(1, catalogue.items.count / 16))
        for week in 0..<dayCount / 7 {
            var chosen: Set<Int> = []
            for _ in 0..<count {
                let item = random.integer(below: catalogue.items.count)
                let discount = Double(1 + random.integer(below: 4)) / 10
                guard chosen.insert(item).inserted, catalogue.isOnSale(item, day: week * 7),
                    let price = catalogue.items[item].price
                else { continue }
                let first = firstDay + week * 7
                offers.append(
                    Offer(
                        itemID: catalogue.items[item].itemID, firstDay: first, lastDay: first + 6,
                        price: Catalogue.shelfPrice(price * (1 - discount))))
            }
        }
        return offers
    }

    private func roundedToTenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

/// base to the power of exponent; exactly 1 for base 1.
func power(_ base: Double, _ exponent: Double) -> Double { base == 1 ? 1 : pow(base, exponent) }

/// log(1 + value), with negative values taken as 0.
func logOnePlus(_ value: Double) -> Double { log1p(max(0, value)) }
