import Foundation
import Kernels
import Prediction
import PropertyGraph
import Shop
import Simulation
import SyntheticShop
import Time
import TwinStorage

/// What-if questions about a synthetic shop, whose true answers can be counted.
///
/// Questions alternate: the effect of a price 20 % lower on an item's sales within a week, and the
/// effect of a rainy week on a category's sales.
struct WhatIfTrials {
    /// One question with the model's and the true answer.
    struct Trial: Encodable {
        /// The question.
        var question: String
        /// The expected purchases of the group in the baseline, by the model.
        var baseline: Double
        /// The true expected purchases in the baseline.
        var trueBaseline: Double
        /// The change by the model.
        var change: Double
        /// The 90 % interval of the change.
        var interval: [Double]
        /// The true change.
        var trueChange: Double
        /// The standard error of the true change from the finite number of repetitions.
        var trueError: Double
        /// Whether the interval contains the true change.
        var holds: Bool

        private enum CodingKeys: String, CodingKey {
            case question
            case baseline = "usual"
            case trueBaseline = "trueUsual"
            case change, interval, trueChange, trueError, holds
        }
    }

    let shop: ShopGenerator
    let store: TwinStore
    let model: PredictionModel
    let demandError: DemandError
    /// The last second before the futures start, in seconds since 1970.
    let origin: Int64
    let seed: UInt64
    let threads: Int

    /// The greatest number of customers in a question.
    private static let customerLimit = 400
    private static let days = 7
    private static let paths = 40
    private static let repetitions = 300

    private struct Question {
        var text: String
        var scenario: Scenario
        var group: Effects.Group
        /// The items of the group, by id.
        var items: Set<String>
    }

    /// Asks questions.
    ///
    /// - Parameters:
    ///   - count: The number of questions.
    ///   - progress: Called with the number of answered questions.
    /// - Returns: The answers.
    /// - Throws: Errors of store, model and shop.
    func run(_ count: Int, progress: (Int) -> Void) throws -> [Trial] {
        var generator = PhiloxGenerator(seed: seed, stream: 0x7217)
        let customers = min(Self.customerLimit, shop.truth.customers.count)
        let numbers = try shop.truth.customers.prefix(customers).compactMap {
            try store.snapshot(of: $0.userID).id
        }
        let settings = WhatIf.Settings(
            origin: origin, horizonSeconds: Int64(Self.days) * 86_400, paths: Self.paths,
            seed: seed)
        let questions = questions(count, &generator)
        let day = Int((origin + 1 - shop.configuration.start.seconds) / 86_400)
        let horizon = Int((origin + 1) / 86_400)...Int((origin + 1) / 86_400) + Self.days - 1
        return try questions.enumerated().map { number, question in
            let effects = try WhatIf(store, model, question.scenario, settings: settings)
                .effects(onTwins: numbers, threads: threads)
            let effect = effects.effect(on: question.group, demandError: demandError)
            let truth = try shop.purchaseEffects(
                from: day, within: Self.days,
                under: question.scenario.applied(
                    to: shop.context, items: shop.items, horizon: horizon),
                customers: customers, repetitions: Self.repetitions, threads: threads
            ).items.filter { question.items.contains($0.key) }
                // In a fixed order, so that sums have the same bits each time.
                .sorted { $0.key < $1.key }.map(\.value)
            let change = truth.reduce(0) { $0 + $1.change }
            progress(number + 1)
            return Trial(
                question: question.text, baseline: effect.baseline,
                trueBaseline: truth.reduce(0) { $0 + $1.baseline }, change: effect.change,
                interval: [effect.interval.lowerBound, effect.interval.upperBound],
                trueChange: change,
                trueError: truth.reduce(0) { $0 + $1.standardError * $1.standardError }
                    .squareRoot(),
                holds: effect.interval.contains(change))
        }
    }

    private func questions(_ count: Int, _ generator: inout PhiloxGenerator) -> [Question] {
        let known = shop.items.filter { model.catalogue.index(of: $0.itemID) != nil }
        let categories = model.response.categories
        return (0..<count).compactMap { number in
            var scenario = Scenario()
            if number.isMultiple(of: 2) {
                guard let item = known.randomElement(using: &generator),
                    let index = model.catalogue.index(of: item.itemID)
                else { return nil }
                scenario.prices = [.init(.item(item.itemID), factor: 0.8)]
                return Question(
                    text: "price of \(item.itemID) -20 %", scenario: scenario,
                    group: .item(index), items: [item.itemID])
            }
            guard let index = categories.indices.randomElement(using: &generator) else {
                return nil
            }
            scenario.precipitation = 15
            let items = shop.items.filter { $0.category == categories[index] }.map(\.itemID)
            return Question(
                text: "a rainy week, \(categories[index])", scenario: scenario,
                group: .category(index), items: Set(items))
        }
    }
}

extension WhatIfTrials {
    /// The trials as lines of a table, and the number of intervals that contain the true change.
    static func lines(_ trials: [Trial]) -> [String] {
        func number(_ value: Double, _ decimals: Int) -> String {
            String(format: "%.\(decimals)f", value)
        }
        let rows =
            [["what if", "bought", "in truth", "change", "90 % interval", "in truth", "holds"]]
            + trials.map { trial in
                [
                    trial.question, number(trial.baseline, 1), number(trial.trueBaseline, 1),
                    number(trial.change, 2),
                    "\(number(trial.interval[0], 2)) to \(number(trial.interval[1], 2))",
                    number(trial.trueChange, 2), trial.holds ? "yes" : "no",
                ]
            }
        let held = trials.count(where: \.holds)
        return rows.map { $0.joined(separator: "\t") } + [
            "", "\(held) of \(trials.count) intervals contain the truth; 90 % should.",
        ]
    }
}
