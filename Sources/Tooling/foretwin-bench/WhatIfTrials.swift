import Foundation
import Kernels
import Prediction
import PropertyGraph
import Shop
import Simulation
import SyntheticShop
import Time
import TwinStorage

/// What-if questions to a made-up shop whose true answers can be counted.
///
/// Every other question is what a fifth off the price of an item changes in its sales within a week,
/// and what a rainy week changes in those of a category.
struct WhatIfTrials {
    /// One question with both answers.
    struct Trial: Encodable {
        /// What was asked.
        var question: String
        /// How often the group is bought as things are, in all, by the model.
        var usual: Double
        /// The same in truth.
        var trueUsual: Double
        /// The change, by the model.
        var change: Double
        /// The 90 % interval of the change.
        var interval: [Double]
        /// The true change.
        var trueChange: Double
        /// The standard error of the true change by counting.
        var trueError: Double
        /// Whether the true change lies within the interval.
        var holds: Bool
    }

    let shop: ShopGenerator
    let store: TwinStore
    let model: PredictionModel
    let demandError: DemandError
    /// The eve of the morning from which the futures start, in seconds since 1970.
    let origin: Int64
    let seed: UInt64
    let threads: Int

    /// Customers that are asked about at most.
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

    /// Asks as many questions.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - progress: Told how many are answered.
    /// - Returns: The answers.
    /// - Throws: What store, model and shop throw.
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
                // In one order, so that sums have the same last bits each time.
                .sorted { $0.key < $1.key }.map(\.value)
            let change = truth.reduce(0) { $0 + $1.change }
            progress(number + 1)
            return Trial(
                question: question.text, usual: effect.usual,
                trueUsual: truth.reduce(0) { $0 + $1.usual }, change: effect.change,
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
                    let place = model.catalogue.index(of: item.itemID)
                else { return nil }
                scenario.prices = [.init(.item(item.itemID), factor: 0.8)]
                return Question(
                    text: "price of \(item.itemID) -20 %", scenario: scenario,
                    group: .item(place), items: [item.itemID])
            }
            guard let place = categories.indices.randomElement(using: &generator) else {
                return nil
            }
            scenario.precipitation = 15
            let items = shop.items.filter { $0.category == categories[place] }.map(\.itemID)
            return Question(
                text: "a rainy week, \(categories[place])", scenario: scenario,
                group: .category(place), items: Set(items))
        }
    }
}

extension WhatIfTrials {
    /// The trials as lines of a table, and how many of their intervals hold the truth.
    static func lines(_ trials: [Trial]) -> [String] {
        func number(_ value: Double, _ places: Int) -> String {
            String(format: "%.\(places)f", value)
        }
        let rows =
            [["what if", "bought", "in truth", "change", "90 % interval", "in truth", "holds"]]
            + trials.map { trial in
                [
                    trial.question, number(trial.usual, 1), number(trial.trueUsual, 1),
                    number(trial.change, 2),
                    "\(number(trial.interval[0], 2)) to \(number(trial.interval[1], 2))",
                    number(trial.trueChange, 2), trial.holds ? "yes" : "no",
                ]
            }
        let held = trials.count(where: \.holds)
        return rows.map { $0.joined(separator: "\t") } + [
            "", "\(held) of \(trials.count) intervals that are to hold the truth in 90 % do.",
        ]
    }
}
