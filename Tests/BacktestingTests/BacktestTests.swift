import FuturesFixtures
import Kernels
import Learning
import Prediction
import Shop
import Testing

@testable import Backtesting
@testable import Simulation

@Suite("Calibration")
struct CalibrationTests {
    @Test("Reliability compares forecasts of one probability with their frequency")
    func reliability() throws {
        let sure = Reliability([(1, true), (0, false), (1, true)])
        #expect(sure.ece == 0 && sure.brier == 0)
        #expect(sure.bins.map(\.count) == [1, 2])
        let wrong = Reliability([(1, false), (0, true)])
        #expect(wrong.ece == 1 && wrong.brier == 1)
        // Two bins: forecasts of 0.3 with frequency 1/2, and of 0.9 with frequency 1/4.
        let mixed = Reliability(
            [(0.3, true), (0.3, false)]
                + [(0.9, true), (0.9, false), (0.9, false), (0.9, false)])
        #expect(abs(mixed.ece - (2 * 0.2 + 4 * 0.65) / 6) < 1e-12)
        #expect(abs(mixed.brier - (0.49 + 0.09 + 0.01 + 3 * 0.81) / 6) < 1e-12)
        let none = Reliability([(probability: Double, happened: Bool)]())
        #expect(none.ece == 0 && none.bins.isEmpty)
        let likely = Reliability([(0.5, truth: 0.6), (0.5, truth: 0.8)])
        #expect(abs(likely.ece - 0.2) < 1e-12 && abs(likely.brier - 0.05) < 1e-12)
    }

    /// The forecast of one item, by its path probability only.
    private func chance(_ simulated: Double, happened: Bool = false) -> Forecast.Chance {
        Forecast.Chance(
            item: 0, simulated: simulated, frequency: 0.5, windows: 4, happened: happened,
            truth: nil)
    }

    /// Forecasts of one item each; `truth` maps path probability and horizon to the true
    /// probability.
    private func forecasts(
        _ count: Int, seed: UInt64, horizons: [Int64] = [day], truth: (Double, Int64) -> Double
    ) -> [Forecast] {
        var generator = PhiloxGenerator(seed: seed)
        return (0..<count).map { _ in
            let simulated = generator.uniform()
            return Forecast(
                windows: horizons.map { seconds in
                    Forecast.Window(
                        seconds: seconds,
                        chances: [
                            chance(
                                simulated,
                                happened: generator.uniform() < truth(simulated, seconds))
                        ], count: PITInterval(0, among: []))
                }, next: PITInterval(0, among: []), realism: PathStatistics(categoryCount: 0))
        }
    }

    @Test("An overconfident simulator is corrected")
    func corrects() {
        let truth = { (simulated: Double, _: Int64) in 0.6 * simulated * simulated }
        let calibration = Calibration(forecasts(20_000, seed: 1, truth: truth), seed: 1)
        for step in 1..<20 {
            let simulated = Double(step) / 20
            let found = calibration.probability(chance(simulated), rank: 0, within: day)
            #expect(abs(found - truth(simulated, day)) < 0.04, "at \(simulated)")
        }
        let fresh = forecasts(20_000, seed: 2, truth: truth).map { $0.windows[0].chances[0] }
        let raw = Reliability(fresh.map { ($0.simulated, $0.happened) })
        let corrected = Reliability(
            fresh.map {
                (calibration.probability($0, rank: 0, within: day), $0.happened)
            })
        #expect(raw.ece > 0.25)
        #expect(corrected.ece < 0.015)
        #expect(corrected.brier < raw.brier)
    }

    @Test("Path probability and past frequency are combined")
    func frequency() {
        var generator = PhiloxGenerator(seed: 9)
        func forecasts(_ count: Int) -> [Forecast] {
            (0..<count).map { _ in
                let (paths, past) = (generator.uniform(), generator.uniform())
                let isHit = generator.uniform() < (paths + past) / 2
                let chance = Forecast.Chance(
                    item: 0, simulated: paths, frequency: past, windows: 50, happened: isHit,
                    truth: nil)
                return Forecast(
                    windows: [
                        .init(seconds: day, chances: [chance], count: PITInterval(0, among: []))
                    ], next: PITInterval(0, among: []), realism: PathStatistics(categoryCount: 0))
            }
        }
        let calibration = Calibration(forecasts(10_000), seed: 1)
        let window = BacktestReport(forecasts(10_000), calibration: calibration, seed: 1).windows[0]
        // The mean variance of the outcomes is 5/24; each input alone has a higher Brier score.
        #expect(window.model.brier < 5.0 / 24 + 0.005)
        #expect(window.uncalibrated.brier > 0.23 && window.frequency.brier > 0.23)
        #expect(window.model.ece < 0.03 && window.uncalibrated.ece > 0.1)
    }

    @Test("Between two horizons values are interpolated; outside, the nearest one is used")
    func horizons() {
        let calibration = Calibration(
            forecasts(20_000, seed: 3, horizons: [day, 16 * day]) { simulated, seconds in
                seconds == day ? 0.2 * simulated : 0.8 * simulated
            }, seed: 1)
        let short = calibration.probability(chance(0.5), rank: 0, within: day)
        let long = calibration.probability(chance(0.5), rank: 0, within: 16 * day)
        #expect(abs(short - 0.1) < 0.03 && abs(long - 0.4) < 0.03)
        #expect(calibration.probability(chance(0.5), rank: 0, within: 60) == short)
        #expect(calibration.probability(chance(0.5), rank: 0, within: 300 * day) == long)
        let middle = calibration.probability(chance(0.5), rank: 0, within: 4 * day)
        #expect(abs(middle - (short + long) / 2) < 1e-9)
    }

    @Test(
        "Numbers that are always above the median of the paths have uniform PIT after calibration")
    func counts() {
        var generator = PhiloxGenerator(seed: 6)
        func forecasts(_ count: Int) -> [Forecast] {
            (0..<count).map { _ in
                let real = (500 + 500 * generator.uniform()).rounded()
                let interval = PITInterval(real, among: (0..<1_000).map { Double($0) })
                return Forecast(
                    windows: [.init(seconds: day, chances: [], count: interval)],
                    next: interval, realism: PathStatistics(categoryCount: 0))
            }
        }
        let calibration = Calibration(forecasts(3_000), seed: 1)
        let fresh = forecasts(1_000)
        let raw = BacktestReport(fresh, calibration: Calibration([], seed: 1), seed: 1)
        #expect(raw.windows[0].count.p < 1e-6 && raw.next.p < 1e-6)
        let corrected = BacktestReport(fresh, calibration: calibration, seed: 1)
        #expect(corrected.windows[0].count.p > 0.001 && corrected.next.p > 0.001)
        #expect(abs(corrected.windows[0].coverage90 - 0.9) < 0.04)
    }

    @Test("Ranks without a fit, and an empty fit, change nothing")
    func unfitted() {
        let calibration = Calibration(
            forecasts(100, seed: 4) { simulated, _ in simulated / 2 }, seed: 1)
        #expect(calibration.probability(chance(0.3), rank: 5, within: day) == 0.3)
        #expect(Calibration([], seed: 1).probability(chance(0.3), rank: 0, within: day) == 0.3)
    }
}

@Suite("Back-test")
struct BacktestTests {
    @Test("A history is split at the origin, and events after the horizon are left out")
    func split() {
        var whole = History()
        for (item, time) in [(1, 10), (2, 20), (3, 20), (4, 21), (5, 30), (6, 31)] {
            whole.append(item: Int32(item), type: purchase, time: Int64(time))
        }
        let split = BacktestCase(whole, at: 20, horizonSeconds: 10)
        #expect(split.history.items == [1, 2, 3])
        #expect(split.outcome.items == [4, 5])
        #expect(BacktestCase(whole, at: 9, horizonSeconds: 0).history.isEmpty)
        #expect(BacktestCase(whole, at: .max, horizonSeconds: 5).outcome.isEmpty)
        #expect(BacktestCase(whole, at: 20, horizonSeconds: .max).outcome.items == [4, 5, 6])
    }

    @Test("An outcome among simulated values, with ties")
    func pitInterval() {
        let interval = PITInterval(3, among: [1, 3, 3, 7])
        #expect(interval.below == 0.25 && interval.atMost == 0.75)
        #expect(interval.randomizedPIT(0) == 0.25)
        #expect(interval.randomizedPIT(0.5) == 0.5)
        let never = PITInterval(.infinity, among: [2, .infinity])
        #expect(never.below == 0.5 && never.atMost == 1)
    }

    @Test("The forecast of paths that are set by hand equals counts by hand")
    func forecast() throws {
        var past = History()
        // Item 1 in two of the three days before the origin, item 2 in none of them.
        for (item, time) in [(2, -3 * day - 5), (1, -2 * day - 5), (1, -5)] {
            past.append(item: Int32(item), type: purchase, time: time)
        }
        past.append(item: 7, type: EventType.view, time: -1)
        past.append(item: 1, type: purchase, time: day / 2)
        past.append(item: 3, type: purchase, time: 3 * day)
        var backtestCase = BacktestCase(past, at: 0, horizonSeconds: 4 * day)
        backtestCase.truth = { Double($0) * Double($1) / Double(8 * day) }
        func event(_ item: Int32, _ time: Int64, _ type: EventType = purchase) -> SimulatedEvent {
            SimulatedEvent(time: time, type: type, item: item, expertIndex: 0)
        }
        let paths = futures(
            [
                [event(1, 100), event(2, 2 * day)], [event(1, day - 1), event(1, day)],
                [event(3, 3 * day)], [event(7, 50, EventType.view)],
            ], horizon: 4 * day)
        let forecast = Forecast(
            backtestCase, paths, horizons: [day, 4 * day], types: [purchase], listLength: 2,
            categories: [0, 0, 1, 1, 0, 0, 0, 2])
        let (short, long) = (forecast.windows[0], forecast.windows[1])
        #expect(
            short.chances == [
                .init(
                    item: 1, simulated: 0.5, frequency: 2.0 / 3, windows: 3,
                    since: 5 / Double(day), gap: 2, happened: true, truth: 0.125)
            ])
        #expect(long.chances.map(\.item) == [1, 2])
        #expect(long.chances.map(\.simulated) == [0.5, 0.25])
        #expect(long.chances.map(\.happened) == [true, false])
        // In the only window of four days before the origin both were bought.
        #expect(long.chances.map(\.frequency) == [1, 1])
        // Item 2 was bought once.
        #expect(long.chances[1].gap == nil)
        #expect(long.chances[1].since == (3 * Double(day) + 5) / (4 * Double(day)))
        // One purchase within a day: paths have 1, 2, 0 and 0. Two within four: 2, 2, 1 and 0.
        #expect(short.count.below == 0.5 && short.count.atMost == 0.75)
        #expect(long.count.below == 0.5 && long.count.atMost == 1)
        // The next purchase comes after half a day; on the paths after 100 s, a day, three days.
        #expect(forecast.next.below == 0.25 && forecast.next.atMost == 0.25)
        #expect(forecast.realism.types.totals.real == 2)
        #expect(forecast.realism.types.totals.simulated == 1.5)
        #expect(forecast.realism.repeats.real == [1, 1])
        #expect(forecast.realism.repeats.simulated == [0.25, 1.25])
        #expect(forecast.realism.categories.real == [1, 1, 0])
    }

    @Test("Forecasts are compared with true probabilities if all are known")
    func truth() throws {
        var cases = try cases(10)
        for index in cases.indices { cases[index].truth = { _, _ in 0.25 } }
        let settings = BacktestSettings(horizons: [14 * day], types: [purchase], paths: 20)
        func window() throws -> BacktestReport.Window {
            let forecasts = try Backtest(try World.model(), settings: settings)
                .forecasts(of: cases) { _ in }
            return try #require(
                BacktestReport(forecasts, calibration: Calibration([], seed: 1), seed: 1)
                    .windows.first)
        }
        let known = try #require(try window().top10Truth)
        #expect(known.bins.allSatisfy { $0.happened == 0.25 })
        #expect(known.bins.map(\.count) == (try window().top10.bins.map(\.count)))
        cases[3].truth = nil
        #expect(try window().top10Truth == nil)
    }

    /// Customers of the shop at the day before its last four weeks.
    private func cases(_ count: Int) throws -> [BacktestCase] {
        let sequences = try World.data.get().sequences
        let origin = (sequences.times.max() ?? 0) - 14 * day
        return (0..<count).map {
            BacktestCase(
                History(sequences, sequence: $0), at: origin, horizonSeconds: 14 * day)
        }
    }

    @Test("Forecasts do not depend on threads, and each customer has one")
    func threads() throws {
        let cases = try cases(40)
        func report(_ threads: Int, seed: UInt64 = 7) throws -> BacktestReport {
            let settings = BacktestSettings(
                horizons: [7 * day, 14 * day], types: [purchase], paths: 40, seed: seed,
                threads: threads)
            var reported: [Int] = []
            let forecasts = try Backtest(try World.model(), settings: settings)
                .forecasts(of: cases) { reported.append($0) }
            #expect(forecasts.count == cases.count)
            #expect(reported == [32, 40])
            return BacktestReport(
                forecasts, calibration: Calibration(forecasts, seed: 1), seed: settings.seed)
        }
        let one = try report(1)
        #expect(try report(2) == one)
        #expect(try report(1, seed: 8) != one)
        #expect(one.customers == 40)
        #expect(one.windows.map(\.days) == [7, 14])
        for window in one.windows {
            // On the forecasts that it was fitted to, calibration cannot be worse.
            #expect(window.model.brier <= window.uncalibrated.brier)
            #expect((0...1).contains(window.coverage90))
            #expect(window.model.bins.reduce(0) { $0 + $1.count } <= 40 * 20)
        }
        #expect(one.realism.simulatedEvents > 0 && one.realism.realEvents > 0)
        #expect(one.realism.distances.values.allSatisfy { (0...1).contains($0) })
    }

    @Test("The total variation distance of two distributions")
    func totalVariation() {
        var counts = PathStatistics.Counts(3)
        #expect(counts.totalVariation == 0)
        counts.add(real: 0)
        counts.add(real: 1)
        counts.add(real: 9)
        #expect(counts.totalVariation == 0)
        counts.add(simulated: 0, 0.5)
        counts.add(simulated: 2, 0.5)
        #expect(counts.totals == (simulated: 1, real: 2))
        #expect(counts.totalVariation == 0.5)
        counts += counts
        #expect(counts.totalVariation == 0.5)
    }

    @Test("Settings out of range are refused")
    func settings() throws {
        let good = BacktestSettings(types: [purchase])
        func refuses(_ change: (inout BacktestSettings) -> Void) throws -> Bool {
            var settings = good
            change(&settings)
            do {
                _ = try Backtest(try World.model(), settings: settings)
                return false
            } catch is FuturesError {
                return true
            }
        }
        #expect(try !refuses { _ in })
        #expect(try refuses { $0.horizons = [] })
        #expect(try refuses { $0.horizons = [0] })
        #expect(try refuses { $0.horizons = [day, day] })
        #expect(try refuses { $0.horizons = [400 * day] })
        #expect(try refuses { $0.paths = 0 })
        #expect(try refuses { $0.listLength = 0 })
        #expect(try refuses { $0.types = [] })
    }
}

@Suite("Past purchases")
struct PastPurchasesTests {
    private func past(_ purchases: [(item: Int, time: Int64)], origin: Int64) -> PastPurchases {
        var history = History()
        for purchase in purchases {
            history.append(item: Int32(purchase.item), type: .purchase, time: purchase.time)
        }
        return PastPurchases(history, types: [.purchase], origin: origin, seconds: 100)
    }

    @Test("A purchase that was returned does not count")
    func returned() {
        var history = History()
        for (time, type) in [
            (0, .purchase), (150, .purchase), (160, .return), (250, .purchase), (250, .return),
        ] as [(Int64, EventType)] {
            history.append(item: 1, type: type, time: time)
        }
        history.append(item: 2, type: .purchase, time: 260)
        #expect(history.reversedPurchases == [0, 1])
        let past = PastPurchases(history, types: [.purchase], origin: 300, seconds: 100)
        #expect(past.frequency(of: 1) == 1.0 / 3 && past.frequency(of: 2) == 1.0 / 3)
        #expect(past.timeSince(1) == 0.5 && past.gap(of: 1) == nil)
    }

    @Test("Frequency, recency and gap equal counts by hand")
    func counts() {
        let found = past([(1, 0), (2, 10), (1, 150), (1, 150), (2, 210), (1, 450)], origin: 500)
        #expect(found.windowCount == 5)
        // Item 1 is in windows 0, 3 and 5; window 5 is not whole and does not count.
        #expect(found.frequency(of: 1) == 2.0 / 5)
        #expect(found.timeSince(1) == 0.5)
        // Two at one time are one purchase: 0, 150, 450.
        #expect(found.gap(of: 1) == 2.25)
        #expect(found.timeSince(2) == 2.9 && found.gap(of: 2) == 2)
    }

    @Test("An item that was never bought, and one that was bought once")
    func never() {
        let found = past([(1, 40)], origin: 50)
        #expect(found.windowCount == 1)
        #expect(found.frequency(of: 1) == 1 && found.frequency(of: 9) == 0)
        #expect(found.timeSince(9) == nil && found.gap(of: 9) == nil)
        #expect(found.timeSince(1) == 0.1 && found.gap(of: 1) == nil)
        #expect(past([], origin: 50).windowCount == 1)
    }

    @Test("A due item is more probable than one that was just bought, all else equal")
    func due() {
        var generator = PhiloxGenerator(seed: 6)
        let forecasts = (0..<4000).map { _ in
            let since = 2 * generator.uniform()
            let chance = Forecast.Chance(
                item: 0, simulated: 0.5, frequency: 0.5, windows: 6, since: since, gap: 1,
                happened: generator.uniform() < min(0.9, 0.1 + 0.4 * since), truth: nil)
            return Forecast(
                windows: [
                    .init(seconds: day, chances: [chance], count: PITInterval(1, among: [1]))
                ],
                next: PITInterval(0, among: []), realism: PathStatistics(categoryCount: 0))
        }
        let calibration = Calibration(forecasts, seed: 1)
        func probability(_ since: Double) -> Double {
            calibration.probability(
                .init(
                    item: 0, simulated: 0.5, frequency: 0.5, windows: 6, since: since, gap: 1,
                    happened: false, truth: nil), rank: 0, within: day)
        }
        for since in [0.3, 1, 1.7] {
            let expected = 0.1 + 0.4 * since
            #expect(abs(probability(since) - expected) < 0.08, "\(since): \(probability(since))")
        }
    }
}
