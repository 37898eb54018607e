import Foundation
import Kernels
import Testing

@testable import Learning

@Suite("Yearly curves")
struct YearlyCurveTests {
    @Test("Years begin on the first of January and are joined at their ends")
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

    @Test("One value stands for the whole year")
    func constant() {
        let curve = YearlyCurve(constant: 0.7)
        #expect([-5e5, 0, 20_000.5].allSatisfy { curve.value(on: $0) == 0.7 })
        #expect(curve.fadingMean(on: 20_000, halfLifeDays: 28) == 0.7)
    }

    @Test("What fades is nearer to what was lately")
    func fading() {
        let curve = YearlyCurve((0..<52).map { sin(2 * Double.pi * (Double($0) + 0.5) / 52) })
        let spring = 10_957 + YearlyCurve.yearDays / 4
        #expect(abs(curve.fadingMean(on: spring, halfLifeDays: 0.1) - 1) < 0.01)
        let month = curve.fadingMean(on: spring, halfLifeDays: 28)
        #expect((0.5..<0.95).contains(month), "\(month)")
        #expect(abs(curve.fadingMean(on: spring, halfLifeDays: 1e6)) < 0.01)
    }
}

@Suite("Seasonal model")
struct SeasonalModelTests {
    /// Weeks from 2022 on.
    private static func weeks(_ count: Int) -> [Double] {
        (0..<count).map { 19_000 + Double($0 * 7) + 3.5 }
    }

    /// The golden numbers are from a dense Gaussian process in NumPy.
    @Test("Shape, season and errors are those of a dense Gaussian process")
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
            season: 0.1, seasonDays: 24, drift: 0.01, driftDays: 40, error: 0)
        #expect(model.shape == expected)
        let season = try #require(model.season(of: series))
        let usual = model.usual(of: series)
        let golden = [
            (0, 0.067798786, 0.064172825, 0.106313848), (10, 0.22529658, 0.070104663, 0.263811643),
            (30, -0.263744906, 0.069662063, -0.225229843),
            (51, 0.139037382, 0.067176541, 0.177552445),
        ]
        for (part, mean, deviation, whole) in golden {
            #expect(abs(season.curve.values[part] - mean) < 1e-6)
            #expect(abs(season.deviations[part] - deviation) < 1e-6)
            #expect(abs(usual.values[part] - whole) < 1e-6)
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

    /// Errors are said given the shape; that it is an estimate too makes them a little too small.
    @Test("Planted seasons are found within their errors")
    func recovers() throws {
        var distances: [Double] = []
        for seed in 1...6 {
            let (series, seasons) = planted(seed, isSeasonal: true)
            let model = try #require(
                SeasonalModel(times: Self.weeks(130), series: series, threads: 2))
            var squares = (error: 0.0, planted: 0.0)
            for (series, planted) in zip(series, seasons) {
                let season = try #require(model.season(of: series))
                for part in 0..<52 {
                    let error = season.curve.values[part] - planted[part]
                    distances.append(pow(error / season.deviations[part], 2))
                    squares.error += error * error
                    squares.planted += planted[part] * planted[part]
                }
            }
            #expect(squares.error < 0.15 * squares.planted, "seed \(seed): \(squares)")
        }
        let mean = distances.reduce(0, +) / Double(distances.count)
        #expect((0.5...2).contains(mean), "mean of squares: \(mean)")
    }

    @Test("Drift is taken for no season", arguments: 1...4)
    func noSeason(_ seed: Int) throws {
        let (series, _) = planted(seed, isSeasonal: false)
        let model = try #require(
            SeasonalModel(times: Self.weeks(130), series: series, threads: 2))
        for series in series {
            let height = model.season(of: series)?.curve.values.map(abs).max() ?? 0
            #expect(height < 0.1, "seed \(seed): \(height)")
        }
    }

    @Test("The number of threads changes nothing")
    func threads() {
        let (series, _) = planted(9, isSeasonal: true)
        let few = Array(series.prefix(3))
        let shapes = [1, 2, 5].map {
            SeasonalModel(times: Self.weeks(130), series: few, threads: $0)?.shape
        }
        #expect(shapes[0] == shapes[1] && shapes[1] == shapes[2])
    }

    @Test("Less than two years tell of no season, nor does nothing")
    func tooLittle() {
        let (series, _) = planted(1, isSeasonal: true)
        func model(_ count: Int) -> SeasonalModel? {
            SeasonalModel(
                times: Self.weeks(count),
                series: series.prefix(1).map {
                    .init(
                        levels: Array($0.levels.prefix(count)),
                        variances: Array($0.variances.prefix(count)))
                }, threads: 1)
        }
        #expect(model(0) == nil && model(1) == nil && model(100) == nil)
        #expect(model(104) != nil)
        #expect(SeasonalModel(times: Self.weeks(130), series: [], threads: 1) == nil)
    }
}
