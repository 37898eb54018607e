import Foundation
import Kernels
import Learning
import Shop
import SyntheticShop
import Testing
import Time
import TwinStorage

@testable import Prediction

/// What is learned of a shop in which the time of the year and the warmth have planted effects.
@Suite("Seasons")
struct SeasonTests {
    /// Three categories: one with a season of its own, one that follows the warmth, one that
    /// follows nothing.
    private static let items = ["gifts", "ices", "soaps"].map { Item(itemID: $0, category: $0) }
    private static let catalogue = ModelCatalogue(itemIDs: items.map(\.itemID))
    private static let firstDay = 19_400
    private static let warmthResponse = 0.5

    /// The logarithm of the planted season of gifts.
    private static func season(on day: Int) -> Double {
        let part = YearlyCurve.part(of: Double(day) + 0.5)
        return 1.2 * exp(-0.5 * pow((part - 0.9) / 0.05, 2))
    }

    /// Tens of degrees.
    private static func usualWarmth(on day: Int) -> Double {
        1 - 0.8 * cos(2 * Double.pi * YearlyCurve.part(of: Double(day) + 0.5))
    }

    private static func surroundings(days count: Int) -> TrainingData.Surroundings {
        var generator = PhiloxGenerator(seed: 77)
        var weather: [Int: Weather] = [:]
        for day in firstDay..<firstDay + count {
            let warmth = usualWarmth(on: day) + 0.3 * generator.normal()
            weather[day] = Weather(temperature: warmth * 10, precipitation: 0)
        }
        let days = ContextFeatures(ContextFeeds(weather: ["Lyon": weather]))
        var counts = ResponseCounts()
        var seasons = SeasonCounts(
            items.map(\.itemID),
            items: Dictionary(uniqueKeysWithValues: items.map { ($0.itemID, $0) }))
        for _ in 0..<400 {
            var log: [LogEntry] = []
            for day in firstDay..<firstDay + count {
                let warmth = (weather[day]?.temperature ?? 0) / 10
                let factors = [exp(season(on: day)), exp(warmthResponse * warmth), 1.5]
                for item in 0..<3 where generator.uniform() < 0.03 * factors[item] {
                    log.append(
                        LogEntry(
                            item: item, type: .purchase,
                            timestamp: Timestamp(seconds: Int64(day) * 86_400 + 40_000)))
                }
            }
            counts.add(log, city: "Lyon")
            seasons.add(log)
        }
        return TrainingData.Surroundings(
            seasons: seasons, counts: counts, days: days, items: items,
            itemIDs: items.map(\.itemID))
    }

    private static let known = surroundings(days: 850)
    private static let response = ResponseTraining(known, catalogue: catalogue, threads: 2)
        .response()

    /// How far a curve lies from another function of the day, when both have the mean 0.
    private func distance(_ curve: YearlyCurve, _ planted: (Int) -> Double) -> Double {
        let year = Array(20_000..<20_365)
        let mean = year.reduce(0) { $0 + planted($1) } / 365
        let squares = year.map { pow(curve.value(on: Double($0) + 0.5) - planted($0) + mean, 2) }
        return (squares.reduce(0, +) / 365).squareRoot()
    }

    @Test("Planted seasons are found by week, and none where there is none")
    func planted() throws {
        let seasons = Self.response.seasons
        #expect(seasons.count == 3)
        let gifts = try #require(seasons[0])
        #expect(distance(gifts.curve, Self.season) < 0.07)
        #expect((gifts.deviations.max() ?? 1) < 0.15)
        // The warmth's own season is one, for customers who do not agree to weather.
        let ices = try #require(seasons[1])
        #expect(distance(ices.curve) { Self.warmthResponse * Self.usualWarmth(on: $0) } < 0.07)
        #expect((seasons[2]?.curve.values.map(abs).max() ?? 0) < 0.1)
    }

    @Test("Season and weather together count the warmth once")
    func weather() throws {
        let response = Self.response
        let warmth = try #require(response.features.firstIndex(of: .warmth))
        let coefficient = response.coefficients[warmth][1]
        #expect(abs(coefficient.mean - Self.warmthResponse) < 4 * coefficient.deviation)
        let normal = try #require(response.usual["Lyon"]?[warmth]).normal
        let ices = try #require(response.seasons[1]).curve
        let year = 20_000..<20_365
        // The sum of both, on days that are a tenth warmer than usual, against what was planted.
        var sums: [Double] = []
        for day in year {
            let expected = try #require(normal.value(on: day, isSeasonal: true))
            #expect(abs(expected - Self.usualWarmth(on: day)) < 0.1)
            let told = Self.usualWarmth(on: day) + 0.1
            sums.append(
                ices.value(on: Double(day) + 0.5) + coefficient.mean * (told - expected)
                    - Self.warmthResponse * told)
        }
        let mean = sums.reduce(0, +) / 365
        let squares = sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 365
        #expect(squares.squareRoot() < 0.06, "\(squares.squareRoot())")
        // Without a season it is compared with the mean of all the year.
        #expect(normal.value(on: 20_000, isSeasonal: false) == normal.mean)
        #expect(abs(normal.mean - 1) < 0.25)
    }

    @Test("Weather of a few months is not compared with seasons that hold some of it")
    func shortFeed() throws {
        var short = Self.known
        let days = Self.firstDay + 700..<Self.firstDay + 850
        short.days = ContextFeatures(
            ContextFeeds(weather: [
                "Lyon": Dictionary(
                    uniqueKeysWithValues: days.map {
                        ($0, Weather(temperature: 10 + Double($0 % 7), precipitation: 0))
                    })
            ]))
        let response = ResponseTraining(short, catalogue: Self.catalogue, threads: 2).response()
        let warmth = try #require(response.features.firstIndex(of: .warmth))
        let normal = try #require(response.usual["Lyon"]?[warmth]).normal
        #expect(normal.value(on: 20_000, isSeasonal: true) == nil)
        #expect(normal.value(on: 20_000, isSeasonal: false) == normal.mean)
    }

    @Test(
        "Customers who come seldom are no season of the first and last weeks", arguments: [10, 45])
    func edges(_ gap: Int) {
        var generator = PhiloxGenerator(seed: 5)
        var seasons = SeasonCounts(
            ["a"], items: ["a": Item(itemID: "a", category: "all")])
        for _ in 0..<1500 {
            seasons.add(
                (0..<731).filter { _ in generator.uniform() * Double(gap) < 1 }.map { day in
                    LogEntry(
                        item: 0, type: .purchase,
                        timestamp: Timestamp(seconds: Int64(Self.firstDay + day) * 86_400))
                })
        }
        let found = SeasonTraining(seasons, threads: 2).seasons(of: ["all"]).first ?? nil
        #expect((found?.curve.values.map(abs).max() ?? 0) < 0.06, "\(found?.curve.values ?? [])")
    }

    @Test("A forecast counts the season's difference from the days before it")
    func reference() throws {
        let response = Self.response
        let curve = try #require(response.seasons[0]).curve
        // From about the first of November on, up to the peak.
        let start = 20_393
        let logarithms = response.seasons(on: start...start + 28).map { $0[0] }
        #expect(logarithms.count == 29)
        #expect(logarithms[28] > logarithms[0] && logarithms[0] > 0)
        let rise = curve.value(on: Double(start) + 28.5) - curve.value(on: Double(start) + 0.5)
        #expect(abs(logarithms[28] - logarithms[0] - rise) < 1e-12)
        #expect((0.4...1.2).contains(logarithms[28]), "\(logarithms)")
        // After it, less is bought than lately.
        #expect(response.seasons(on: 20_470...20_470)[0][0] < -0.2)
        // By hand: factors that fade by half in eight weeks.
        var sum = 0.0
        var weights = 0.0
        for age in 0..<2000 {
            let weight = pow(0.5, Double(age) / 56)
            sum += weight * exp(curve.value(on: Double(start - age) + 0.5))
            weights += weight
        }
        let recent = curve.value(on: Double(start) + 0.5) - logarithms[0]
        #expect(abs(recent - log(sum / weights)) < 1e-4)
    }

    @Test("Without feeds there are seasons all the same; in less than two years there are none")
    func alone() {
        var bare = Self.known
        bare.days = ContextFeatures(ContextFeeds())
        bare.counts = ResponseCounts()
        let response = ResponseTraining(bare, catalogue: Self.catalogue, threads: 1).response()
        #expect(response.features.isEmpty && !response.isNeutral)
        #expect(response.seasons == Self.response.seasons)
        var short = Self.surroundings(days: 500)
        #expect(
            ResponseTraining(short, catalogue: Self.catalogue, threads: 1).response().seasons
                .isEmpty)
        short.days = ContextFeatures(ContextFeeds())
        #expect(
            ResponseTraining(short, catalogue: Self.catalogue, threads: 1).response() == .none)
        bare.seasons = SeasonCounts([], items: [:])
        #expect(
            ResponseTraining(bare, catalogue: Self.catalogue, threads: 1).response() == .none)
    }

    @Test("Customers who join and leave all the time are no season")
    func growing() {
        var generator = PhiloxGenerator(seed: 6)
        var seasons = SeasonCounts(
            ["a"], items: ["a": Item(itemID: "a", category: "all")])
        for _ in 0..<2000 {
            // Three of four come later, one of four goes again.
            let start = max(0, Int(generator.uniform() * 1100) - 275)
            let end = generator.uniform() < 0.25 ? start + 200 : 825
            seasons.add(
                (start..<max(start, min(825, end))).filter { _ in generator.uniform() * 25 < 1 }
                    .map { day in
                        LogEntry(
                            item: 0, type: .purchase,
                            timestamp: Timestamp(seconds: Int64(Self.firstDay + day) * 86_400))
                    })
        }
        let found = SeasonTraining(seasons, threads: 2).seasons(of: ["all"]).first ?? nil
        #expect((found?.curve.values.map(abs).max() ?? 0) < 0.06, "\(found?.curve.values ?? [])")
    }

    @Test("An event with a wrong year hides no season")
    func stray() {
        var seasons = Self.known.seasons
        for year in [1930, 2090] {
            seasons.add([
                LogEntry(
                    item: 0, type: .purchase,
                    timestamp: Timestamp(seconds: Int64(year - 1970) * 31_556_952))
            ])
        }
        let found = SeasonTraining(seasons, threads: 2).seasons(of: ["gifts", "ices", "soaps"])
        #expect(found.count == 3 && found[0] != nil && found[1] != nil)
    }

    @Test("Weeks without any customer are passed over")
    func closed() {
        var seasons = SeasonCounts(
            ["a"], items: ["a": Item(itemID: "a", category: "all")])
        // Two customers, the second of whom comes a year after the first has gone.
        for (first, last) in [(19_400, 19_500), (19_900, 20_300)] {
            seasons.add(
                stride(from: first, through: last, by: 2).map { day in
                    LogEntry(
                        item: 0, type: .purchase,
                        timestamp: Timestamp(seconds: Int64(day) * 86_400))
                })
        }
        let weeks = seasons.weeks(limit: 312)
        #expect(weeks.customers.allSatisfy { $0 > 0 })
        #expect(weeks.numbers.count < 85 && weeks.numbers == weeks.numbers.sorted())
        #expect(seasons.purchases(of: 0, in: weeks).count == weeks.numbers.count)
        #expect(!weeks.numbers.contains(19_700 / 7))
        #expect(SeasonTraining(seasons, threads: 1).seasons(of: ["all"]).isEmpty)
        let newest = seasons.weeks(limit: 10)
        #expect(newest.numbers == Array(weeks.numbers.suffix(10)))
        #expect(SeasonCounts([], items: [:]).weeks(limit: 9).numbers.isEmpty)
    }

    @Test("Seasons survive being written, and damaged ones are refused")
    func codable() throws {
        let data = try ModelFiles.json(Self.response)
        let read = try JSONDecoder().decode(DemandResponseModel.self, from: data)
        #expect(read == Self.response && read.fits(Self.catalogue))
        var damaged = read
        damaged.seasons.removeLast()
        #expect(!damaged.fits(Self.catalogue))
        damaged = read
        damaged.seasons[0]?.curve.values[7] = 1e200
        #expect(!damaged.fits(Self.catalogue))
        damaged = read
        damaged.seasons[0]?.curve.values = []
        #expect(!damaged.fits(Self.catalogue))
        damaged = read
        damaged.seasons[0]?.curve.values[7] = -800
        #expect(!damaged.fits(Self.catalogue))
        damaged = read
        damaged.seasons[0]?.deviations.removeLast()
        #expect(!damaged.fits(Self.catalogue))
        damaged = read
        damaged.trendBaselines[0].year = YearlyCurve(constant: .infinity)
        #expect(!damaged.fits(Self.catalogue))
    }

    /// Learned of two years, compared with the third: a week of the year has the season that it
    /// will have again.
    @Test("Seasons of the made-up shop come back in the year that follows")
    func madeUpShop() throws {
        let days = 1096
        let shop = try ShopGenerator(
            .init(
                customers: 250, items: 120, days: days, seed: 41,
                start: .init(seconds: 1_640_995_200)))
        let numbers = Dictionary(
            uniqueKeysWithValues: shop.items.enumerated().map { ($0.element.itemID, $0.offset) })
        let items = Dictionary(uniqueKeysWithValues: shop.items.map { ($0.itemID, $0) })
        func counts(_ isWanted: (Int) -> Bool) -> SeasonCounts {
            var counts = SeasonCounts(shop.items.map(\.itemID), items: items)
            for (_, events) in Dictionary(grouping: shop.events(), by: \.userID) {
                counts.add(
                    events.filter { isWanted(Int($0.timestamp.seconds / 86_400)) }.map {
                        LogEntry(
                            item: $0.itemID.flatMap { numbers[$0] }, type: $0.type,
                            timestamp: $0.timestamp)
                    })
            }
            return counts
        }
        let cut = 18_993 + 731
        let past = counts { $0 < cut }
        let seasons = SeasonTraining(past, threads: 2).seasons(of: past.categories)
        let future = counts { $0 >= cut }
        let weeks = future.weeks(limit: 60)
        for (name, truth) in shop.truth.effects.seasons {
            let category = try #require(past.categories.firstIndex(of: name))
            let curve = try #require(seasons[category], "\(name) has no season").curve
            // Levels of the third year by week, against those that the season foresees.
            let levels = zip(future.purchases(of: category, in: weeks), weeks.customers).map {
                log(($0 + 0.5) / $1)
            }
            let foreseen = weeks.numbers.map { curve.value(on: Double($0 * 7) + 3.5) }
            func spread(_ values: [Double]) -> Double {
                let mean = values.reduce(0, +) / Double(values.count)
                return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            }
            let left = spread(zip(levels, foreseen).map { $0 - $1 })
            #expect(left < 0.8 * spread(levels), "\(name): \(left) of \(spread(levels))")
            let peak = curve.values.indices.max { curve.values[$0] < curve.values[$1] } ?? 0
            let away = abs((Double(peak) + 0.5) * 365.25 / 52 - Double(truth.peakDay))
            #expect(min(away, 365 - away) < 21, "\(name) peaks in week \(peak)")
        }
    }
}
