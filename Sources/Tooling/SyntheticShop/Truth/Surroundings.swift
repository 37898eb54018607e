import Shop

/// The days around the customers of a shop: what they are like, and what that does to customers.
///
/// Days count from the first of the shop. Beyond the last day that was made, and in cities that
/// nobody has said anything of, all is as usual.
struct Surroundings: Sendable {
    /// What a day does to the customers of a city.
    struct Influence: Sendable {
        /// The factor of visits on which nothing is needed.
        var visits: Double
        /// The factor of what is looked at, by department.
        var departments: [Double]
        /// The departments that the time of the year calls for, and the chance on each visit that
        /// something of them is bought for that reason.
        var seasons: [(department: Int, chance: Double)]

        static let none = Influence(visits: 1, departments: [], seasons: [])
    }

    /// What the influences follow from.
    let feeds: ContextFeeds
    /// By city, in the order of ``Assortment/cities``, then by day.
    private let influences: [[Influence]]
    /// Prices of items as shares of the usual ones, by day.
    private let priceRatios: [[Int: Double]]
    private let attentionMax: [Double]

    /// Works out what feeds do to customers.
    ///
    /// - Parameters:
    ///   - feeds: What the days are like, of days since 1970.
    ///   - firstDay: The first day of the shop, in days since 1970.
    ///   - dayCount: How many days from then on are worked out.
    ///   - catalogue: The items.
    init(_ feeds: ContextFeeds, firstDay: Int, dayCount: Int, catalogue: Catalogue) {
        self.feeds = feeds
        let departments = Assortment.departments.map(\.name)
        let levels = Self.trendLevels(feeds, firstDay: firstDay, dayCount: dayCount, departments)
        influences = Assortment.cities.map { city in
            let strengths = Self.strengths(
                feeds, city: city, firstDay: firstDay, dayCount: dayCount)
            return strengths.indices.map { day in
                Influence(
                    visits: strengths[day].factor(Couplings.visits),
                    departments: departments.indices.map { place in
                        let coupling = Couplings.departments[departments[place]]
                        return strengths[day].factor(coupling ?? .init()) * levels[place][day]
                    },
                    seasons: departments.indices.compactMap { place in
                        let season = Couplings.seasons[departments[place]]
                        guard let chance = season?.chance(on: firstDay + day), chance > 0.001
                        else { return nil }
                        return (place, chance)
                    })
            }
        }
        let places = Dictionary(
            uniqueKeysWithValues: catalogue.items.enumerated().map {
                ($0.element.itemID, $0.offset)
            })
        var ratios = [[Int: Double]](repeating: [:], count: dayCount)
        for offer in feeds.offers {
            guard let item = places[offer.itemID], let usual = catalogue.items[item].price else {
                continue
            }
            for day in Self.days(offer.firstDay, offer.lastDay, firstDay, dayCount) {
                ratios[day][item] = offer.price / usual
            }
        }
        attentionMax = ratios.map { day in day.values.lazy.map(Self.attention).max() ?? 1 }
        priceRatios = ratios
    }

    /// What a day does to customers of a city.
    func influence(city: Int, day: Int) -> Influence {
        guard influences.indices.contains(city), influences[city].indices.contains(day) else {
            return .none
        }
        return influences[city][day]
    }

    /// An item's price on a day as a share of the usual one.
    func priceRatio(of item: Int, day: Int) -> Double {
        priceRatios.indices.contains(day) ? priceRatios[day][item] ?? 1 : 1
    }

    /// The greatest factor that a price has on a day for what is looked at, at least 1.
    func attentionMax(day: Int) -> Double {
        attentionMax.indices.contains(day) ? max(1, attentionMax[day]) : 1
    }

    /// The factor of what is looked at, by its price.
    static func attention(_ ratio: Double) -> Double { power(ratio, Couplings.priceAttention) }

    private static func strengths(
        _ feeds: ContextFeeds, city: String, firstDay: Int, dayCount: Int
    ) -> [Couplings.Strengths] {
        var strengths = [Couplings.Strengths](repeating: .init(), count: dayCount)
        let weather = feeds.weather[city] ?? [:]
        for day in 0..<dayCount {
            guard let today = weather[firstDay + day] else { continue }
            strengths[day].rain = logOnePlus(today.precipitation)
            strengths[day].warmth = (today.temperature - 12) / 10
        }
        for event in feeds.events where event.city == nil || event.city == city {
            let eves = days(
                event.firstDay - Couplings.eveDays, event.firstDay - 1, firstDay, dayCount)
            for day in eves {
                if event.kind == "holiday" { strengths[day].isBeforeHoliday = true }
                if event.kind == "concert" { strengths[day].isBeforeConcert = true }
            }
        }
        return strengths
    }

    /// The levels of demand by department and day.
    private static func trendLevels(
        _ feeds: ContextFeeds, firstDay: Int, dayCount: Int, _ departments: [String]
    ) -> [[Double]] {
        var levels = [[Double]](
            repeating: [Double](repeating: 1, count: dayCount), count: departments.count)
        let places = Dictionary(
            departments.enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        for trend in feeds.trends {
            guard let place = places[trend.category] else { continue }
            for day in days(trend.day, trend.day, firstDay, dayCount) {
                levels[place][day] = trend.level
            }
        }
        return levels
    }

    /// The days of a range that are within those of the shop.
    private static func days(
        _ first: Int, _ last: Int, _ firstDay: Int, _ dayCount: Int
    ) -> Range<Int> {
        let start = min(dayCount, max(0, first - firstDay))
        return start..<max(start, min(dayCount, last - firstDay + 1))
    }
}
