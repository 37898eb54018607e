import Foundation
import Kernels
import Testing

@testable import Learning

@Suite("Yearly curves")
struct YearlyCurveTests {
    @Test("Years begin on 1 January, and the curve is periodic")
    func parts() {
        #expect(YearlyCurve.part(of: 10_957) == 0)  // 2000-01-01
        #expect(abs(YearlyCurve.part(of: 20_454) - 0.002) < 0.003)  // 2026-01-01
        #expect(abs(YearlyCurve.part(of: 20_636.6) - 0.5) < 0.003)
        #expect(YearlyCurve.part(of: -1e6) >= 0 && YearlyCurve.part(of: 1e9) < 1)
        let curve = YearlyCurve([0, 1, 2, 1])
        let quarter = YearlyCurve.yearDays / 4
        for (quarters, value) in [(0.5, 0), (1, 0.5), (1.5, 1), (2.5, 2), (3.5, 1), (4, 0.5)] {
            #expect(abs(curve.value(on: 10_957 + quarters * quarter) - value) < 1e-9)
            // Ten years later, and eighty before.
            #expect(abs(curve.value(on: 10_957 + (quarters + 40) * quarter) - value) < 1e-9)
            #expect(abs(curve.value(on: 10_957 + (quarters - 320) * quarter) - value) < 1e-9)
        }
    }

    @Test("A single value is a constant")
    func constant() {
        let curve = YearlyCurve(constant: 0.7)
        #expect([-5e5, 0, 20_000.5].allSatisfy { curve.value(on: $0) == 0.7 })
    }

    @Test("Two waves are recovered, and days of a part of the year give no curve")
    func waves() throws {
        func planted(_ day: Double) -> Double {
            let angle = 2 * Double.pi * YearlyCurve.part(of: day)
            return 12 + 9 * sin(angle - 1) - 2 * cos(2 * angle)
        }
        var generator = PhiloxGenerator(seed: 4)
        let days = (0..<500).map { 19_000.5 + Double($0) }
        let curve = try #require(
            YearlyCurve(days: days, values: days.map { planted($0) + generator.normal() }))
        for day in stride(from: 25_000.0, to: 25_365, by: 9) {
            #expect(abs(curve.value(on: day) - planted(day)) < 0.4)
        }
        #expect(YearlyCurve(days: days.suffix(300), values: days.suffix(300)) == nil)
        #expect(YearlyCurve(days: [], values: []) == nil)
    }
}

@Suite("Seasonal model")
struct SeasonalModelTests {
    /// Weeks from 2022.
    private static func weeks(_ count: Int) -> [Double] {
        (0..<count).map { 19_000 + Double($0 * 7) + 3.5 }
    }

    /// The golden numbers are from a dense Gaussian process in NumPy.
    @Test("Hyperparameters, season and errors are those of a dense Gaussian process")
    func golden() throws {
        let times = Self.weeks(110)
        let series = SeasonalModel.Series(
            levels: times.enumerated().map { i, time in
                let part = YearlyCurve.part(of: time)
                let bump = exp(-200 * (part - 0.93) * (part - 0.93))
                let noise = Double((i * i * 3 + i * 5 + 2) % 9 - 4) / 4
                return 0.4 * sin(2 * Double.pi * part) + 0.3 * bump + 0.2 * noise
                    + 0.1 * sin(Double(i) / 6)
            },
            variances: (0..<110).map { 0.01 + 0.005 * Double($0 % 3) })
        let model = try #require(SeasonalModel(times: times, series: [series], threads: 1))
        let expected = SeasonalModel.Shape(
            season: 0.03, seasonDays: 20, drift: 0.03, driftDays: 100, error: 0)
        #expect(model.shape == expected)
        let season = try #require(model.season(of: series))
        let golden = [
            (0, 0.046858262, 0.075263614), (10, 0.125626292, 0.079871858),
            (30, -0.186930399, 0.079770739), (51, 0.118156609, 0.077341902),
        ]
        for (part, mean, deviation) in golden {
            #expect(abs(season.curve.values[part] - mean) < 1e-6)
            #expect(abs(season.deviations[part] - deviation) < 1e-6)
        }
        #expect(abs(season.curve.values.reduce(0, +)) < 1e-9)
    }

    /// Series of two years and a half with planted seasons, drifts and errors.
    private func planted(_ seed: Int, isSeasonal: Bool) -> (
        series: [SeasonalModel.Series], seasons: [[Double]]
    ) {
        var generator = PhiloxGenerator(seed: UInt64(seed))
        var seasons: [[Double]] = []
        let series = (0..<12).map { _ -> SeasonalModel.Series in
            let peak = generator.uniform()
            let height = isSeasonal ? 0.3 + 0.6 * generator.uniform() : 0
            func season(_ part: Double) -> Double {
                let away = abs(part - peak)
                let distance = min(away, 1 - away)
                return height * exp(-0.5 * distance * distance / (0.08 * 0.08))
            }
            let curve = (0..<52).map { season((Double($0) + 0.5) / 52) }
            let mean = curve.reduce(0, +) / 52
            seasons.append(curve.map { $0 - mean })
            var drift = 0.0
            let levels = Self.weeks(130).map { time -> Double in
                drift = 0.9 * drift + 0.05 * generator.normal()
                return 2 + season(YearlyCurve.part(of: time)) + drift + 0.1 * generator.normal()
            }
            return .init(levels: levels, variances: levels.map { _ in 0.01 })
        }
        return (series, seasons)
    }

    /// Errors ignore the uncertainty of the hyperparameters, so they are a little too small.
    @Test("Planted seasons are found within their errors")
    func recovers() throws {
        var distances: [Double] = []
        for seed in 1...6 {
            let (series, seasons) = planted(seed, isSeasonal: true)
            let model = try #require(
                SeasonalModel(times: Self.weeks(130), series: series, threads: 2))
            var squares = (error: 0.0, planted: 0.0)
            for (series, planted) in zip(series, seasons) {
                let season = model.season(of: series)
                for part in 0..<52 {
                    let error = (season?.curve.values[part] ?? 0) - planted[part]
                    if let season { distances.append(pow(error / season.deviations[part], 2)) }
                    squares.error += error * error
                    squares.planted += planted[part] * planted[part]
                }
            }
            #expect(squares.error < 0.15 * squares.planted, "seed \(seed): \(squares)")
        }
        let mean = distances.reduce(0, +) / Double(distances.count)
        #expect((0.5...2).contains(mean), "mean of squares: \(mean)")
    }

    /// Of 48 drifts some look periodic by chance.
    @Test("Drift is not a season")
    func noSeason() throws {
        var heights: [Double] = []
        for seed in 1...4 {
            let (series, _) = planted(seed, isSeasonal: false)
            let model = try #require(
                SeasonalModel(times: Self.weeks(130), series: series, threads: 2))
            heights += series.map { model.season(of: $0)?.curve.values.map(abs).max() ?? 0 }
        }
        #expect(heights.count { $0 > 0.1 } <= 3, "\(heights)")
    }

    @Test("The number of threads has no effect")
    func threads() throws {
        let (series, _) = planted(9, isSeasonal: true)
        let few = Array(series.prefix(3))
        let seasons = try [1, 2, 5].map { threads in
            let model = try #require(
                SeasonalModel(times: Self.weeks(130), series: few, threads: threads))
            return few.map { model.season(of: $0) }
        }
        #expect(seasons[0] == seasons[1] && seasons[1] == seasons[2])
        #expect(seasons[0].contains { $0 != nil })
    }

    @Test("A series without a level for each time is a programmer error")
    func shapes() async {
        await #expect(processExitsWith: .failure) {
            let times = (0..<120).map { 18_993.5 + 7 * Double($0) }
            let series = SeasonalModel.Series(levels: [1, 2], variances: [1, 1])
            _ = SeasonalModel(times: times, series: [series], threads: 1)
        }
    }

    @Test("Levels without a repetition have no season")
    func tooLittle() {
        let (series, _) = planted(1, isSeasonal: true)
        func model(_ times: [Double]) -> SeasonalModel? {
            SeasonalModel(
                times: times,
                series: series.prefix(1).map {
                    .init(
                        levels: Array($0.levels.prefix(times.count)),
                        variances: Array($0.variances.prefix(times.count)))
                }, threads: 1)
        }
        let weeks = Self.weeks(130)
        #expect(model([]) == nil && model(Self.weeks(1)) == nil && model(Self.weeks(90)) == nil)
        #expect(model(Self.weeks(104)) != nil)
        // Two years with half a year missing, and a stray week long before half a year.
        #expect(model(Array(weeks[..<40] + weeks[70..<104])) == nil)
        #expect(model([weeks[0] - 800] + weeks[..<26]) == nil)
        #expect(SeasonalModel(times: weeks, series: [], threads: 1) == nil)
    }
}
