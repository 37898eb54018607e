import Backtesting
import Foundation
import Prediction
import Shop
import Simulation
import SyntheticShop
import TestSupport
import Testing
import Time
import TwinStorage

@testable import Recommendations

/// Forecasts of a model of a synthetic shop are compared with the shop's true probabilities.
///
/// Bounds are for the given seeds. With five seeds from 7 on, the ECE of the first ten items
/// against the truth was 0.022 to 0.038, and of whole lists against outcomes 0.026 to 0.054. About
/// two hundred forecasts fit a tenth of the curve, so sampling error is 0.03 to 0.04.
@Suite("Forecasts and true probabilities")
struct TrueProbabilityTests {
    private struct Known: Sendable {
        let folder: TemporaryFolder
        let shop: ShopGenerator
        let store: TwinStore
        let origin: Int64
        let model: PredictionModel
        let result: RollingBacktest.Result
        let truth: PurchasePropensities
    }

    private static let horizons = [7, 28]
    private static let known = Result { try make() }

    /// Back-tests a shop as `foretwin backtest --synthetic` does.
    private static func make() throws -> Known {
        let folder = try TemporaryFolder()
        let shop = try ShopGenerator(.init(customers: 60, seed: 8))
        let store = try TwinStore(
            path: folder("store"),
            pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 9, count: 32)))
        try store.put(shop.items)
        _ = try store.append(Array(shop.events()))
        try store.add(shop.contextAtEnd())
        let longest = 28 * day
        let origin = shop.configuration.end - longest - 1
        let backtest = try RollingBacktest(
            store, at: .init(origin: origin, longest: longest, calibrations: 3),
            settings: BacktestSettings(
                horizons: horizons.map { Int64($0) * day }, types: [EventType.purchase],
                paths: 40, seed: 8),
            configuration: TrainingConfiguration(seed: 8, width: 16, epochs: 6))
        let models = try backtest.models { _, _ in }
        var cohort = try backtest.cohort(
            models, of: shop.truth.customers.map { try store.snapshot(of: $0.userID).id })
        let truth = try shop.purchasePropensities(
            from: Int((origin + 1 - shop.configuration.start.seconds) / day), within: horizons)
        let itemIDs = models.last.catalogue.itemIDs
        for customer in cohort.last.indices {
            cohort.last[customer].truth = { item, seconds in
                guard let horizon = horizons.firstIndex(of: Int(seconds / day)) else { return nil }
                return truth.probability(
                    of: itemIDs[Int(item)], customer: customer, horizon: horizon)
            }
        }
        return Known(
            folder: folder, shop: shop, store: store, origin: origin, model: models.last,
            result: try backtest.result(models, cohort) { _, _ in }, truth: truth)
    }

    @Test("Calibrated probabilities of a list are near the true ones, and are not constant")
    func lists() throws {
        let report = try Self.known.get().result.report
        #expect(report.customers == 60 && report.windows.map(\.days) == [7, 28])
        for window in report.windows {
            let truth = try #require(window.top10Truth)
            #expect(truth.ece < 0.06, "within \(window.days) days")
            #expect(window.model.ece < 0.08, "within \(window.days) days")
            // A constant forecast of the mean would be calibrated too.
            #expect(window.model.bins.count > 6)
            #expect(window.model.brier < window.frequency.brier)
        }
        let month = try #require(report.windows.last)
        #expect(month.model.ece < month.uncalibrated.ece)
        // The number of purchases is in its 90 % interval; the bound is four standard errors.
        let nominal = 0.9
        let error = (nominal * (1 - nominal) / Double(report.customers)).squareRoot()
        #expect(month.coverage90 > nominal - 4 * error, "\(month.coverage90)")
    }

    @Test("Probabilities of recommendations are near the true ones")
    func recommendations() throws {
        let known = try Self.known.get()
        let recommender = try Recommender(
            store: known.store, model: known.model, version: "v1",
            calibration: known.result.calibration)
        let options = options {
            ($0.paths, $0.wantsSurprise) = (200, false)
            ($0.asOf, $0.horizonDays) = (Timestamp(seconds: known.origin), 28)
        }
        var forecasts: [(probability: Double, truth: Double)] = []
        for (customer, person) in known.shop.truth.customers.enumerated() {
            for item in try recommender.recommend(person.userID, options: options).items {
                guard let probability = item.calibratedProbability else { continue }
                let truth = known.truth.probability(
                    of: item.itemID, customer: customer, horizon: 1)
                forecasts.append((probability, truth))
            }
        }
        let reliability = Reliability(forecasts)
        #expect(forecasts.count > 500)
        #expect(reliability.bins.count > 6)
        // Against outcomes, which add sampling error, three shops had 0.06 to 0.13.
        #expect(reliability.ece < 0.12, "\(reliability)")
        // The mean true probability of all is the best constant forecast.
        let mean = forecasts.reduce(0) { $0 + $1.truth } / Double(forecasts.count)
        let constant = Reliability(forecasts.map { (probability: mean, truth: $0.truth) })
        #expect(reliability.brier < constant.brier)
    }
}
