import Kernels
import Shop
import Testing

@testable import Prediction

@Suite("Intervals of days")
struct DayIntervalsTests {
    /// The values of ``ContextFeatures``, with an entry for each day of each offer and event.
    private struct DictionaryDays {
        private struct CityDay: Hashable {
            var city: String?
            var day: Int
        }

        private var happening: [ContextFeatures.Feature: Set<CityDay>] = [:]
        private var prices: [String: [CityDay: Double]] = [:]

        init(_ feeds: ContextFeeds) {
            for event in feeds.events where event.lastDay - event.firstDay < 400 {
                for day in event.firstDay...event.lastDay {
                    happening[.during(event.kind), default: []].insert(
                        CityDay(city: event.city, day: day))
                }
                for day in event.firstDay - 2..<event.firstDay {
                    happening[.before(event.kind), default: []].insert(
                        CityDay(city: event.city, day: day))
                }
            }
            for offer in feeds.offers where offer.price > 0 {
                for day in offer.firstDay...min(offer.lastDay, offer.firstDay + 366) {
                    prices[offer.itemID, default: [:]][CityDay(city: offer.city, day: day)] =
                        offer.price
                }
            }
        }

        func value(of feature: ContextFeatures.Feature, city: String?, day: Int) -> Double? {
            happening[feature].map { cityDays in
                let isNear =
                    cityDays.contains(CityDay(city: nil, day: day))
                    || city != nil && cityDays.contains(CityDay(city: city, day: day))
                return isNear ? 1 : 0
            }
        }

        func price(of itemID: String, city: String?, day: Int) -> Double? {
            guard let prices = prices[itemID] else { return nil }
            return city.flatMap { prices[CityDay(city: $0, day: day)] }
                ?? prices[CityDay(city: nil, day: day)]
        }
    }

    private static let cities = [nil, "Lyon", "Bonn"]

    /// Offers and events that overlap, touch, contain each other, and are too long or too cheap.
    private static func feeds(_ generator: inout PhiloxGenerator) -> ContextFeeds {
        func city() -> String? { cities[generator.integer(below: 3)] }
        func length() -> Int {
            let reach = [1, 4, 30, 420][generator.integer(below: 4)]
            return generator.integer(below: reach)
        }
        var feeds = ContextFeeds()
        for number in 0..<generator.integer(below: 30) {
            let first = generator.integer(below: 90) - 20
            feeds.events.append(
                CalendarEvent(
                    uid: "\(number)", name: "", kind: ["fair", "gig"][generator.integer(below: 2)],
                    city: city(), firstDay: first, lastDay: first + length()))
        }
        for _ in 0..<generator.integer(below: 60) {
            let first = generator.integer(below: 90) - 20
            feeds.offers.append(
                Offer(
                    itemID: ["tea", "milk"][generator.integer(below: 2)], city: city(),
                    firstDay: first, lastDay: first + length(),
                    price: Double(generator.integer(below: 4))))
        }
        return feeds
    }

    @Test("Answers are those of a dictionary with an entry for each day", arguments: 0..<60)
    func model(_ seed: UInt64) {
        var generator = PhiloxGenerator(seed: seed)
        let feeds = Self.feeds(&generator)
        let days = ContextFeatures(feeds)
        let model = DictionaryDays(feeds)
        var wrong: [String] = []
        for day in -30...540 {
            for city in Self.cities + ["Rome"] {
                for item in ["tea", "milk", "rice"]
                where days.price(of: item, city: city, day: day)
                    != model.price(of: item, city: city, day: day)
                {
                    wrong.append("\(item), \(city ?? "everywhere"), day \(day)")
                }
                for feature in ["fair", "gig", "rain"].flatMap({
                    [ContextFeatures.Feature.during($0), .before($0)]
                })
                where days.value(of: feature, category: nil, city: city, day: day)
                    != model.value(of: feature, city: city, day: day)
                {
                    wrong.append("\(feature), \(city ?? "everywhere"), day \(day)")
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5)), seed \(seed)")
    }

    @Test("However long an offer lasts, it is one interval, and equal neighbours are joined")
    func size() {
        #expect(DayIntervals([DayInterval(0...366, 2.0)]).intervals.count == 1)
        let weeks = (0..<50).map { DayInterval(7 * $0...7 * $0 + 6, 2.0) }
        #expect(DayIntervals(weeks).intervals.map(\.days) == [0...349])
        // An interval within another splits it.
        let parted = DayIntervals([DayInterval(0...9, 1), DayInterval(4...5, 2)])
        #expect(parted.intervals.map(\.days) == [0...3, 4...5, 6...9])
        #expect(parted.intervals.map(\.value) == [1, 2, 1])
        #expect(
            (-1...10).map { parted.value(on: $0) ?? 0 } == [0, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 0])
        #expect(DayIntervals<Int>([]).value(on: 0) == nil)
    }
}
