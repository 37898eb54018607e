import Kernels
import Learning
import Prediction
import Shop
import Testing

@testable import Backtesting
@testable import Recommendations
@testable import Simulation

@Suite("Calibrated recommendations")
struct CalibratedRecommendationsTests {
    /// A calibration with high probabilities only for items that were bought before.
    private static let calibration: ModelCalibration = {
        var generator = PhiloxGenerator(seed: 12)
        func forecasts(_ count: Int) -> [Forecast] {
            (0..<count).map { _ in
                let chances = (0..<4).map { item in
                    let own = generator.uniform() < 0.5 ? 0.0 : 1.0
                    return Forecast.Chance(
                        item: Int32(item), simulated: generator.uniform(), frequency: own,
                        windows: 2, happened: generator.uniform() < 0.05 + 0.9 * own, truth: nil)
                }.sorted { $0.simulated > $1.simulated }
                return Forecast(
                    windows: [
                        .init(
                            seconds: 28 * 86_400, chances: chances, count: PITInterval(1, among: [])
                        )
                    ], next: PITInterval(0, among: []), realism: PathStatistics(categoryCount: 0))
            }
        }
        return ModelCalibration(
            earlier: forecasts(600), last: forecasts(300), types: [EventType.purchase],
            categoryOfItem: [], origin: 0, seed: 1)
    }()

    @Test("Calibrated probabilities rank the list, and reasons are parts of them")
    func ranked() throws {
        let world = try World.shop.get()
        let recommender = try Recommender(
            store: world.store, model: world.model, version: "v1",
            calibration: Self.calibration)
        var options = RecommendationOptions()
        (options.usesEmbeddings, options.usesPreferences) = (false, false)
        var calibrated = 0
        for user in world.users.prefix(10) {
            let answer = try recommender.recommend(user, options: options)
            let best = answer.items.map(\.bestProbability)
            #expect(best == best.sorted(by: >))
            for item in answer.items {
                let parts = item.reasons.reduce(0) { $0 + $1.probability }
                #expect(parts <= item.bestProbability + 1e-9)
                #expect(item.bestInterval.contains(item.bestProbability))
                #expect(0 <= item.bestInterval.lowerBound && item.bestInterval.upperBound <= 1)
                guard let probability = item.calibratedProbability else { continue }
                calibrated += 1
                #expect((0...1).contains(probability) && (item.modelError ?? -1) >= 0)
                #expect(item.bestProbability == probability)
            }
        }
        #expect(calibrated > 50)
    }

    @Test("No calibration, no paths, or an unknown customer: path probabilities are reported")
    func without() throws {
        let world = try World.shop.get()
        let plain = try world.recommender.recommend(world.users[0])
        #expect(plain.items.allSatisfy { $0.calibratedProbability == nil })
        #expect(plain.items.allSatisfy { $0.bestProbability == $0.probability })
        let recommender = try Recommender(
            store: world.store, model: world.model, version: "v1",
            calibration: Self.calibration)
        var options = RecommendationOptions()
        options.usesPaths = false
        let next = try recommender.recommend(world.users[0], options: options)
        let unknown = try recommender.recommend("nobody")
        #expect((next.items + unknown.items).allSatisfy { $0.calibratedProbability == nil })
    }
}
