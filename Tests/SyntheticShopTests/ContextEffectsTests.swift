import Foundation
import Shop
import Testing
import Time

@testable import SyntheticShop

/// The context of the shop, and its effects on customers.
@Suite("Context effects")
struct ContextEffectsTests {
    private static let shop = Result {
        try ShopGenerator(.init(customers: 1500, items: 150, days: 150, seed: 19))
    }
    private static let views = shop.map { shop in
        shop.events().filter { $0.type == .view }
    }

    /// The category of each item.
    private func categories() throws -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: try Self.shop.get().items.map {
                ($0.itemID, $0.category ?? "")
            })
    }

    @Test("Feeds are complete, in range, and the same for more customers and days")
    func feeds() throws {
        let shop = try ShopGenerator(.init(customers: 3, items: 40, days: 30, seed: 5))
        let larger = try ShopGenerator(.init(customers: 9, items: 40, days: 60, seed: 5))
        let first = Int(shop.configuration.start.seconds / 86_400)
        #expect(shop.context.weather.count == Assortment.cities.count)
        for (city, days) in shop.context.weather {
            #expect(days.count == 30 + ShopFeeds.daysAhead)
            for (day, weather) in days {
                #expect((-40...45).contains(weather.temperature))
                #expect((0...120).contains(weather.precipitation))
                #expect(larger.context.weather[city]?[day] == weather)
            }
            let wet = Double(days.values.count { $0.precipitation > 0 }) / Double(days.count)
            #expect((0.25...0.55).contains(wet), "\(city): \(wet)")
        }
        let kinds = Set(shop.context.events.map(\.kind))
        #expect(kinds == ["holiday", "concert"])
        #expect(Set(shop.context.events.map(\.uid)).count == shop.context.events.count)
        #expect(shop.context.events.allSatisfy { ($0.kind == "concert") == ($0.city != nil) })
        #expect(shop.context.trends.allSatisfy { (1...3).contains($0.level) })
        let prices = Dictionary(
            uniqueKeysWithValues: shop.items.map { ($0.itemID, $0.price ?? 0) })
        for offer in shop.context.offers {
            let ratio = offer.price / (prices[offer.itemID] ?? 0)
            #expect((0.5..<1.0).contains(ratio) || offer.price < 1.2, "\(offer)")
            #expect(offer.firstDay >= first && offer.lastDay == offer.firstDay + 6)
        }
        let same = larger.context.offers.prefix(shop.context.offers.count)
        #expect(Array(same) == shop.context.offers)
    }

    @Test("Rain changes the views of categories")
    func rain() throws {
        let shop = try Self.shop.get()
        let categories = try categories()
        // The fractions of views on wet and dry days of the customer's city.
        var wet: [String: Double] = [:]
        var dry: [String: Double] = [:]
        for event in try Self.views.get() {
            guard let item = event.itemID, let category = categories[item], let city = event.city,
                let weather = shop.context.weather[city]?[Int(event.timestamp.seconds / 86_400)]
            else { continue }
            if weather.precipitation >= 5 { wet[category, default: 0] += 1 }
            if weather.precipitation == 0 { dry[category, default: 0] += 1 }
        }
        let totals = (wet.values.reduce(0, +), dry.values.reduce(0, +))
        #expect(totals.0 > 2000 && totals.1 > 2000)
        func lift(_ category: String) -> Double {
            (wet[category] ?? 0) / totals.0 / ((dry[category] ?? 1) / totals.1)
        }
        #expect(lift("Snacks & sweets") > 1.3, "\(lift("Snacks & sweets"))")
        #expect(lift("Coffee & tea") > 1.25, "\(lift("Coffee & tea"))")
        #expect(lift("Fruit & vegetables") < 0.75, "\(lift("Fruit & vegetables"))")
        #expect((0.6...1.2).contains(lift("Cleaning")), "\(lift("Cleaning"))")
    }

    @Test("A season's probability is a bell curve around its day, each year")
    func bell() throws {
        let season = ShopTruth.Season(peakDay: 352, peakChance: 0.15, widthDays: 14)
        // The 18th of December 2025 is day 20440.
        #expect(abs(season.chance(on: 20_440) - 0.15) < 0.001)
        for side in [-1, 1] {
            let chance = season.chance(on: 20_440 + side * 14)
            #expect(abs(chance - 0.15 * exp(-0.5)) < 0.006)
        }
        for year in [-3, 2, 17] {
            let day = 20_440 + Int((Double(year) * 365.25).rounded())
            #expect(abs(season.chance(on: day) - 0.15) < 0.001)
        }
        #expect(season.chance(on: 20_440 + 180) < 1e-9)
        #expect(
            Set(GroundTruthEffects.seasons.keys).isSubset(of: Assortment.departments.map(\.name)))
    }

    @Test("Seasonal items are bought in addition to other items")
    func seasons() throws {
        // From December and from August: there is more baking before Christmas.
        func baking(from start: Int64) throws -> (fraction: Double, all: Double) {
            let shop = try ShopGenerator(
                .init(
                    customers: 500, items: 150, days: 28, seed: 21, start: .init(seconds: start)))
            let baking = Set(shop.items.filter { $0.category == "Baking" }.map(\.itemID))
            let bought = shop.events().filter { $0.type == .purchase }.compactMap(\.itemID)
            return (
                Double(bought.count { baking.contains($0) }) / Double(bought.count),
                Double(bought.count { !baking.contains($0) })
            )
        }
        let december = try baking(from: 1_764_547_200)
        let august = try baking(from: 1_754_006_400)
        #expect(december.fraction > 1.4 * august.fraction, "\(december) \(august)")
        #expect((0.8...1.25).contains(december.all / august.all), "\(december) \(august)")
    }

    @Test("Holidays, concerts and trends change views")
    func occasions() throws {
        let shop = try Self.shop.get()
        let categories = try categories()
        let holidays = Set(
            shop.context.events.filter { $0.kind == "holiday" }
                .flatMap { [$0.firstDay - 1, $0.firstDay - 2] })
        let peaks = Dictionary(
            grouping: shop.context.trends.filter { $0.level > 1.5 }, by: \.category
        ).mapValues { Set($0.map(\.day)) }
        var baking = (eve: 0.0, all: 0.0, other: 0.0, otherAll: 0.0)
        var trend = (up: 0.0, upAll: 0.0, other: 0.0, otherAll: 0.0)
        for event in try Self.views.get() {
            guard let item = event.itemID, let category = categories[item] else { continue }
            let day = Int(event.timestamp.seconds / 86_400)
            if holidays.contains(day) {
                baking.all += 1
                baking.eve += category == "Baking" ? 1 : 0
            } else {
                baking.otherAll += 1
                baking.other += category == "Baking" ? 1 : 0
            }
            for (name, days) in peaks {
                if days.contains(day) {
                    trend.upAll += 1
                    trend.up += category == name ? 1 : 0
                } else {
                    trend.otherAll += 1
                    trend.other += category == name ? 1 : 0
                }
            }
        }
        let eves = baking.eve / baking.all / (baking.other / baking.otherAll)
        #expect(eves > 1.6, "Baking before holidays: \(eves)")
        let lift = trend.up / trend.upAll / (trend.other / trend.otherAll)
        #expect(lift > 1.25, "trends: \(lift)")
    }

    @Test("Offered items are bought more often, at the price of the offer")
    func offers() throws {
        let shop = try Self.shop.get()
        let usual = Dictionary(
            uniqueKeysWithValues: shop.items.map { ($0.itemID, $0.price ?? 0) })
        let first = Int(shop.configuration.start.seconds / 86_400)
        var prices: [String: [Int: Double]] = [:]
        for offer in shop.context.offers {
            for day in offer.firstDay...offer.lastDay {
                prices[offer.itemID, default: [:]][day] = offer.price
            }
        }
        var sold = (cheap: 0.0, regular: 0.0)
        var days = (cheap: 0.0, regular: 0.0)
        for event in shop.events() where event.type == .purchase {
            guard let item = event.itemID, let price = event.price else { continue }
            let offered = prices[item]?[Int(event.timestamp.seconds / 86_400)]
            #expect(abs(price - (offered ?? usual[item] ?? 0)) < 1e-9)
            if offered == nil { sold.regular += 1 } else { sold.cheap += 1 }
        }
        for day in first..<first + shop.configuration.days {
            for item in shop.items {
                if prices[item.itemID]?[day] == nil { days.regular += 1 } else { days.cheap += 1 }
            }
        }
        let lift = sold.cheap / days.cheap / (sold.regular / days.regular)
        #expect((1.2...3).contains(lift), "\(lift)")
    }

    @Test("New items have events only after their launch day")
    func newItems() throws {
        let shop = try Self.shop.get()
        let start = shop.configuration.start.seconds
        #expect((1...20).contains(shop.truth.launchDays.count))
        var firsts: [String: Int] = [:]
        for event in shop.events() {
            guard let item = event.itemID, firsts[item] == nil else { continue }
            firsts[item] = Int((event.timestamp.seconds - start) / 86_400)
        }
        for (item, day) in shop.truth.launchDays where day < 100 {
            let first = try #require(firsts[item], "\(item) of day \(day) is never touched")
            #expect(first >= day)
        }
    }
}

/// The true change of purchases under another context.
@Suite("Purchase effects")
struct PurchaseEffectsTests {
    private static let shop = Result {
        try ShopGenerator(.init(customers: 300, items: 60, days: 60, seed: 23))
    }

    @Test("The same context has no effect, and the baseline agrees with the propensities")
    func none() throws {
        let shop = try Self.shop.get()
        let effects = try shop.purchaseEffects(
            from: 60, within: 7, under: shop.context, repetitions: 20)
        #expect(effects.items.values.allSatisfy { $0.change == 0 && $0.standardError == 0 })
        let known = try shop.purchasePropensities(from: 60, within: [7], repetitions: 20)
        for item in shop.items {
            let sum = (0..<300).reduce(0.0) {
                $0 + known.probability(of: item.itemID, customer: $1, horizon: 0)
            }
            // Customers who buy an item twice in a week count twice.
            #expect((effects.items[item.itemID]?.baseline ?? 0) >= sum - 1e-9)
        }
    }

    @Test("A lower price sells more of the item, and rain more of its categories")
    func changes() throws {
        let shop = try Self.shop.get()
        let day = 60
        let first = Int(shop.configuration.start.seconds / 86_400) + day
        let known = try shop.purchaseEffects(
            from: day, within: 7, under: shop.context, repetitions: 1)
        let item = try #require(known.items.max { $0.value.baseline < $1.value.baseline }?.key)
        let price = try #require(shop.items.first { $0.itemID == item }?.price)
        var cheap = shop.context
        cheap.offers.removeAll { $0.itemID == item && $0.lastDay >= first }
        cheap.offers.append(
            Offer(itemID: item, firstDay: first, lastDay: first + 6, price: price * 0.6))
        let offer = try shop.purchaseEffects(from: day, within: 7, under: cheap, repetitions: 60)
        let effect = try #require(offer.items[item])
        #expect(effect.change > 4 * effect.standardError, "\(effect)")

        var wet = shop.context
        var dry = shop.context
        for city in wet.weather.keys {
            for ahead in 0..<7 {
                wet.weather[city]?[first + ahead]?.precipitation = 25
                dry.weather[city]?[first + ahead]?.precipitation = 0
            }
        }
        let snacks = Set(
            shop.items.filter { $0.category == "Snacks & sweets" }.map(\.itemID))
        func change(_ feeds: ContextFeeds) throws -> Double {
            try shop.purchaseEffects(from: day, within: 7, under: feeds, repetitions: 60).items
                .filter { snacks.contains($0.key) }.reduce(0) { $0 + $1.value.change }
        }
        let rain = try change(wet)
        let drought = try change(dry)
        #expect(rain > 1 && drought < rain - 2, "\(rain), \(drought)")
    }

    @Test("The number of threads has no effect, and numbers out of range are errors")
    func limits() throws {
        let shop = try ShopGenerator(.init(customers: 12, items: 40, days: 40, seed: 3))
        var feeds = shop.context
        feeds.offers = []
        let effects = try [1, 3].map {
            try shop.purchaseEffects(
                from: 30, within: 10, under: feeds, repetitions: 5, threads: $0)
        }
        #expect(effects[0].items == effects[1].items)
        for (day, days, repetitions) in [(-1, 7, 5), (0, 0, 5), (0, 367, 5), (0, 7, 0)] {
            #expect(throws: ShopError.self) {
                try shop.purchaseEffects(
                    from: day, within: days, under: feeds, repetitions: repetitions)
            }
        }
    }
}
