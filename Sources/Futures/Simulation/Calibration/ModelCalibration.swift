package import Foundation
import Learning
package import Prediction
package import Shop
import Time

/// What a back-test found of the way in which a model is trained: `calibration.json` in the folder
/// of a model's version.
///
/// The back-test is of a model that was trained in the same way, some weeks earlier, so that what
/// came is known.
package struct ModelCalibration: Codable, Sendable, Equatable {
    /// How well forecasts held within one horizon.
    package struct Check: Codable, Sendable, Equatable {
        /// The horizon, in seconds.
        package let seconds: Int64
        /// The calibrated probabilities against what happened.
        package let model: Reliability
        /// The Brier score of the customers' own frequencies.
        package let frequencyBrier: Double
        /// The standard error of the difference of both Brier scores.
        package let brierError: Double
    }

    /// The first line of the form of the file.
    package let formatVersion: Int
    /// The moment that was foreseen from, ISO 8601.
    package let origin: String
    /// How many customers were foreseen.
    package let customers: Int
    /// The types of events that count as a purchase.
    package var types: [EventType] { typeNumbers.compactMap(EventType.init(rawValue:)) }
    /// The same by raw value, as the file has them; some may be unknown to this program.
    private let typeNumbers: [UInt8]
    /// Makes probabilities of shares of paths; fitted to all forecasts of the back-test.
    package let calibration: Calibration
    /// What is told of each horizon, the shortest first: with a calibration that was fitted to
    /// earlier forecasts alone.
    package let checks: [Check]
    /// How far the demand for items and categories is off, as shares of it.
    package let demandError: DemandError

    private enum CodingKeys: String, CodingKey {
        case formatVersion, origin, customers, calibration, checks, demandError
        case typeNumbers = "types"
    }

    /// The name of the file in a version's folder.
    package static let fileName = "calibration.json"
    private static let format = 2

    /// Sums up a back-test.
    ///
    /// - Parameters:
    ///   - earlier: Forecasts from the moments before the last.
    ///   - last: Forecasts from the last moment.
    ///   - types: The types of events that count as a purchase.
    ///   - categoryOfItem: The category of each item of the catalogue of the last ones, by number.
    ///   - origin: The last moment, in seconds since 1970.
    ///   - seed: Decides among simulated numbers that are equal to the real one.
    package init(
        earlier: [Forecast], last: [Forecast], types: Set<EventType>, categoryOfItem: [Int],
        origin: Int64, seed: UInt64
    ) {
        formatVersion = Self.format
        self.origin = Timestamp(seconds: origin).iso8601
        customers = last.count
        typeNumbers = types.map(\.rawValue).sorted()
        calibration = Calibration(earlier + last, seed: seed)
        let before = Calibration(earlier, seed: seed)
        let horizons = last.first?.windows.map(\.seconds) ?? []
        checks = horizons.indices.map { place in
            Check(last.map { $0.windows[place] }, calibration: before)
        }
        demandError = DemandError(
            last.compactMap(\.windows.first), categoryOfItem: categoryOfItem)
    }

    /// Why a model that was trained in this way should not be used; empty if it may.
    ///
    /// It has to foresee at least as well as customers' own frequencies do, as far as chance lets
    /// one see, and what it gives some probability must happen about that often.
    package var objections: [String] {
        checks.flatMap { check in
            var objections: [String] = []
            let days = Int((Double(check.seconds) / 86_400).rounded())
            let worse = check.model.brier - check.frequencyBrier
            if worse > 2 * check.brierError {
                objections.append(
                    "within \(days) days it foresees worse than customers' own frequencies "
                        + "(Brier score \(Self.text(check.model.brier)) against "
                        + "\(Self.text(check.frequencyBrier)))")
            }
            if check.model.ece > Self.eceLimit {
                objections.append(
                    "within \(days) days its probabilities are off by "
                        + "\(Self.text(check.model.ece)) on average (the limit is "
                        + "\(Self.text(Self.eceLimit)))")
            }
            return objections
        }
    }

    /// Probabilities may be off by so much on average.
    package static let eceLimit = 0.06

    private static func text(_ value: Double) -> String { String(format: "%.3f", value) }
}

extension ModelCalibration.Check {
    fileprivate init(_ windows: [Forecast.Window], calibration: Calibration) {
        let seconds = windows.first?.seconds ?? 0
        var pairs: [(probability: Double, happened: Bool)] = []
        var differences: [Double] = []
        var squares = 0.0
        for window in windows {
            var difference = 0.0
            for (rank, chance) in window.chances.enumerated() {
                let probability = calibration.probability(chance, rank: rank, within: seconds)
                let outcome: Double = chance.happened ? 1 : 0
                let own = (chance.frequency - outcome) * (chance.frequency - outcome)
                pairs.append((probability, chance.happened))
                squares += own
                difference += (probability - outcome) * (probability - outcome) - own
            }
            differences.append(difference)
        }
        self.seconds = seconds
        model = Reliability(pairs)
        let count = Double(max(1, pairs.count))
        frequencyBrier = squares / count
        // A customer's items go together, so customers are what differs by chance.
        let people = Double(max(1, differences.count))
        let mean = differences.reduce(0, +) / people
        let spread = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        brierError = spread.squareRoot() / count
    }
}

/// How far the demand that is foreseen over many customers is off, as a share of it, beyond what
/// chance explains; of the items on customers' lists, within the shortest horizon.
package struct DemandError: Codable, Sendable, Equatable {
    /// For one item.
    package let item: Double
    /// For a category.
    package let category: Double
    /// For everything together.
    package let all: Double

    /// Demand that is foreseen exactly.
    package static let none = DemandError(item: 0, category: 0, all: 0)

    /// Makes errors.
    package init(item: Double, category: Double, all: Double) {
        self.item = item
        self.category = category
        self.all = all
    }

    /// Compares the sums of what was foreseen with the sums of what happened.
    init(_ windows: [Forecast.Window], categoryOfItem: [Int]) {
        var items: [Int: Sum] = [:]
        var categories: [Int: Sum] = [:]
        var all: [Int: Sum] = [:]
        for chance in windows.lazy.flatMap(\.chances) {
            let place = Int(chance.item)
            items[place, default: Sum()].add(chance)
            all[0, default: Sum()].add(chance)
            if categoryOfItem.indices.contains(place) {
                categories[categoryOfItem[place], default: Sum()].add(chance)
            }
        }
        item = Self.share(items)
        category = Self.share(categories)
        self.all = Self.share(all)
    }

    private struct Sum {
        var foreseen = 0.0
        var happened = 0.0
        var variance = 0.0

        mutating func add(_ chance: Forecast.Chance) {
            foreseen += chance.simulated
            happened += chance.happened ? 1 : 0
            variance += chance.simulated * (1 - chance.simulated)
        }
    }

    /// The root of the mean square of what is missed, weighted by demand.
    private static func share(_ sums: [Int: Sum]) -> Double {
        var missed = 0.0
        var total = 0.0
        for key in sums.keys.sorted() {
            guard let sum = sums[key] else { continue }
            let difference = sum.happened - sum.foreseen
            missed += difference * difference - sum.variance
            total += sum.foreseen * sum.foreseen
        }
        return total > 0 ? (max(0, missed) / total).squareRoot() : 0
    }
}

// MARK: - Use

extension ModelCalibration {
    /// A probability that was fitted to what happened, and how far it may be off.
    package struct Probability: Codable, Sendable, Hashable {
        /// The probability.
        package var value: Double
        /// The error of the model: how far probabilities of about this size were from how often
        /// things happened.
        package var modelError: Double
    }

    /// The calibrated probabilities that items are bought within a horizon.
    ///
    /// - Parameters:
    ///   - predicted: The items with their shares of paths, most probable first.
    ///   - history: What the customer did before.
    ///   - origin: The moment from which the paths start, in seconds since 1970.
    ///   - seconds: The horizon.
    /// - Returns: By the item's place in the catalogue.
    /// - Complexity: O(events + items).
    package func probabilities(
        _ predicted: some Sequence<PredictedItem>, after history: History, from origin: Int64,
        within seconds: Int64
    ) -> [Int32: Probability] {
        let past = PastPurchases(history, types: Set(types), origin: origin, seconds: seconds)
        var result: [Int32: Probability] = [:]
        for (rank, item) in predicted.enumerated() {
            let chance = Forecast.Chance(item, past, happened: false, truth: nil)
            let value = calibration.probability(chance, rank: rank, within: seconds)
            result[item.item] = Probability(
                value: value, modelError: modelError(of: value, within: seconds))
        }
        return result
    }

    /// How far probabilities of about a size were from how often things happened: the distance in
    /// the reliability diagram of the nearest horizon, and its standard error.
    private func modelError(of probability: Double, within seconds: Int64) -> Double {
        let check = checks.min { abs($0.seconds - seconds) < abs($1.seconds - seconds) }
        let bin = check?.model.bins.min {
            abs($0.forecast - probability) < abs($1.forecast - probability)
        }
        guard let bin else { return 0 }
        let distance = bin.forecast - bin.happened
        let variance = bin.forecast * (1 - bin.forecast) / Double(max(1, bin.count))
        return (distance * distance + variance).squareRoot()
    }
}

// MARK: - Files

extension ModelCalibration {
    /// Whether the numbers are such as a back-test gives.
    private var isWellFormed: Bool {
        let errors = [demandError.item, demandError.category, demandError.all]
        return calibration.isWellFormed && errors.allSatisfy { (0...1e6).contains($0) }
            && checks.allSatisfy { check in
                (1...SimulationSettings.horizonLimit).contains(check.seconds)
                    && check.model.bins.allSatisfy { bin in
                        (0...1).contains(bin.forecast) && (0...1).contains(bin.happened)
                            && bin.count >= 1
                    }
            }
    }

    /// The file's bytes.
    package func data() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// Reads a calibration from the bytes of its file.
    ///
    /// - Parameters:
    ///   - data: The bytes.
    ///   - name: What the file is called in an error.
    /// - Throws: ``FuturesError`` when they are damaged or of another form.
    init(_ data: Data, name: String = fileName) throws(FuturesError) {
        guard let read = try? JSONDecoder().decode(Self.self, from: data),
            read.formatVersion == Self.format, read.isWellFormed
        else {
            throw FuturesError(
                "\(name) is damaged or of another version of foretwin. Train again.")
        }
        self = read
    }
}
