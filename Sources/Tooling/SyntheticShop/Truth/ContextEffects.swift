import Shop

/// The effects of a shop's context on its customers, by city and day.
///
/// Days count from the first day of the shop. After the last computed day, and in cities without
/// context, all factors are 1.
struct ContextEffects: Sendable {
    /// The effects of a day on the customers of a city.
    struct DayEffect: Sendable {
        /// The factor of the probability of visits without a need.
        var visits: Double
        /// The factor of views by department; 1 if empty.
        var departments: [Double]
        /// The departments in season, with the probability of an additional purchase on a visit.
        var seasons: [(department: Int, chance: Double)]

        static let none = DayEffect(visits: 1, departments: [], seasons: [])
    }

    /// The context.
    let feeds: ContextFeeds
    /// By city, in the order of ``Assortment/cities``, then by day.
    private let dayEffects: [[DayEffect]]
    /// Price ratios (price / regular price) by day and item, where they are not 1.
    private let priceRatios: [[Int: Double]]
    private let attentionMax: [Double]

    /// Computes the effects of feeds.
    ///
    /// - Parameters:
    ///   - feeds: The context, by days since 1970.
    ///   - firstDay: The first day of the shop, in days since 1970.
    ///   - dayCount: The number of days to compute.
    ///   - catalogue: The items.
    init(_ feeds: ContextFeeds, firstDay: Int, dayCount: Int, catalogue: Catalogue) {
        self.feeds = feeds
        let departments = Assortment.departments.map(\.name)
        let levels = Self.trendLevels(feeds, firstDay: firstDay, dayCount: dayCount, departments)
        dayEffects = Assortment.cities.map { city in
            let conditions = Self.conditions(
                feeds, city: city, firstDay: firstDay, dayCount: dayCount)
            return conditions.indices.map { day in
                DayEffect(
                    visits: conditions[day].factor(GroundTruthEffects.visits),
                    departments: departments.indices.map { department in
                        let exponents = GroundTruthEffects.departments[departments[department]]
                        return conditions[day].factor(exponents ?? .init())
                            * levels[department][day]
                    },
                    seasons: departments.indices.compactMap { department in
                        let season = GroundTruthEffects.seasons[departments[department]]
                        guard let chance = season?.chance(on: firstDay + day), chance > 0.001
                        else { return nil }
                        return (department, chance)
                    })
            }
        }
        let itemIndices = Dictionary(
            uniqueKeysWithValues: catalogue.items.enumerated().map {
                ($0.element.itemID, $0.offset)
            })
        var ratios = [[Int: Double]](repeating: [:], count: dayCount)
        for offer in feeds.offers {
            guard let item = itemIndices[offer.itemID], let regular = catalogue.items[item].price
            else {
                continue
            }
            for day in Self.days(offer.firstDay, offer.lastDay, firstDay, dayCount) {
                ratios[day][item] = offer.price / regular
            }
        }
        attentionMax = ratios.map { day in day.values.lazy.map(Self.attention).max() ?? 1 }
        priceRatios = ratios
    }

    /// The effects of a day on the customers of a city.
    func dayEffect(city: Int, day: Int) -> DayEffect {
        guard dayEffects.indices.contains(city), dayEffects[city].indices.contains(day) else {
            return .none
        }
        return dayEffects[city][day]
    }

    /// An item's price on a day divided by its regular price.
    func priceRatio(of item: Int, day: Int) -> Double {
        priceRatios.indices.contains(day) ? priceRatios[day][item] ?? 1 : 1
    }

    /// The greatest factor of views by price on a day, at least 1.
    func attentionMax(day: Int) -> Double {
        attentionMax.indices.contains(day) ? max(1, attentionMax[day]) : 1
    }

    /// The factor of views by the price ratio.
    static func attention(_ ratio: Double) -> Double {
        power(ratio, GroundTruthEffects.priceAttention)
    }

    private static func conditions(
        _ feeds: ContextFeeds, city: String, firstDay: Int, dayCount: Int
    ) -> [GroundTruthEffects.Conditions] {
        var conditions = [GroundTruthEffects.Conditions](repeating: .init(), count: dayCount)
        let weather = feeds.weather[city] ?? [:]
        for day in 0..<dayCount {
            guard let today = weather[firstDay + day] else { continue }
            conditions[day].rain = logOnePlus(today.precipitation)
            conditions[day].warmth = (today.temperature - 12) / 10
        }
        for event in feeds.events where event.city == nil || event.city == city {
            let eves = days(
                event.firstDay - GroundTruthEffects.eveDays, event.firstDay - 1, firstDay, dayCount)
            for day in eves {
                if event.kind == "holiday" { conditions[day].isBeforeHoliday = true }
                if event.kind == "concert" { conditions[day].isBeforeConcert = true }
            }
        }
        return conditions
    }

    /// The levels of demand by department and day.
    private static func trendLevels(
        _ feeds: ContextFeeds, firstDay: Int, dayCount: Int, _ departments: [String]
    ) -> [[Double]] {
        var levels = [[Double]](
            repeating: [Double](repeating: 1, count: dayCount), count: departments.count)
        let indices = Dictionary(
            departments.enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        for trend in feeds.trends {
            guard let index = indices[trend.category] else { continue }
            for day in days(trend.day, trend.day, firstDay, dayCount) {
                levels[index][day] = trend.level
            }
        }
        return levels
    }

    /// The days of a range that are days of the shop.
    private static func days(
        _ first: Int, _ last: Int, _ firstDay: Int, _ dayCount: Int
    ) -> Range<Int> {
        let start = min(dayCount, max(0, first - firstDay))
        return start..<max(start, min(dayCount, last - firstDay + 1))
    }
}
