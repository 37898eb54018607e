package import Foundation
import Learning
package import Prediction
package import Shop
import Time

/// The result of a model's back-test: `calibration.json` in the folder of the model's version.
///
/// The back-test asks models that were trained in the same way some weeks earlier, so that outcomes
/// are known.
package struct ModelCalibration: Codable, Sendable, Equatable {
    /// The quality of the forecasts for one horizon.
    package struct Check: Codable, Sendable, Equatable {
        /// The horizon, in seconds.
        package let seconds: Int64
        /// The calibrated probabilities against outcomes.
        package let model: Reliability
        /// The Brier score of the customers' own frequencies.
        package let frequencyBrier: Double
        /// The standard error of the difference of both Brier scores.
        package let brierError: Double
    }

    /// The version of the file format.
    package let formatVersion: Int
    /// The test origin, ISO 8601.
    package let origin: String
    /// The number of customers at the test origin.
    package let customers: Int
    /// The types of events that count as a purchase.
    package var types: [EventType] { typeNumbers.compactMap(EventType.init(rawValue:)) }
    /// The raw values of the types, as the file has them; this program may not know some of them.
    private let typeNumbers: [UInt8]
    /// The calibration, fitted to all forecasts of the back-test.
    package let calibration: Calibration
    /// The quality for each horizon, shortest first, with a calibration that was fitted to the
    /// calibration origins only.
    package let checks: [Check]
    /// The relative errors of demand.
    package let demandError: DemandError

    private enum CodingKeys: String, CodingKey {
        case formatVersion, origin, customers, calibration, checks, demandError
        case typeNumbers = "types"
    }

    /// The name of the file in a version's folder.
    package static let fileName = "calibration.json"
    private static let format = 2

    /// Summarises a back-test.
    ///
    /// - Parameters:
    ///   - earlier: The forecasts from the calibration origins.
    ///   - last: The forecasts from the test origin.
    ///   - types: The types of events that count as a purchase.
    ///   - categoryOfItem: The category index of each item of the catalogue of the last forecasts.
    ///   - origin: The test origin, in seconds since 1970.
    ///   - seed: The seed of the randomised PIT.
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
        checks = horizons.indices.map { index in
            Check(last.map { $0.windows[index] }, calibration: before)
        }
        demandError = DemandError(
            last.compactMap(\.windows.first), categoryOfItem: categoryOfItem)
    }

    /// The reasons why a model that was trained in this way should not be used; empty without any.
    ///
    /// The Brier score must not be worse than that of customers' own frequencies by more than two
    /// standard errors, and the ECE must not exceed ``eceLimit``.
    package var objections: [String] {
        checks.flatMap { check in
            var objections: [String] = []
            let days = Int((Double(check.seconds) / 86_400).rounded())
            let worse = check.model.brier - check.frequencyBrier
            if worse > 2 * check.brierError {
                objections.append(
                    "within \(days) days it predicts worse than customers' own frequencies "
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

    /// The largest ECE without an objection.
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
        // The items of one customer are correlated, so the error is that over customers.
        let customers = Double(max(1, differences.count))
        let mean = differences.reduce(0, +) / customers
        let spread = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        brierError = spread.squareRoot() / count
    }
}

/// Relative errors of demand beyond Monte Carlo and sampling error.
///
/// They are of the items on customers' lists, within the shortest horizon of a back-test.
package struct DemandError: Codable, Sendable, Equatable {
    /// The error for one item.
    package let item: Double
    /// The error for a category.
    package let category: Double
    /// The error for all items together.
    package let all: Double

    /// No error.
    package static let none = DemandError(item: 0, category: 0, all: 0)

    /// Creates errors.
    package init(item: Double, category: Double, all: Double) {
        self.item = item
        self.category = category
        self.all = all
    }

    /// Compares the sums of path probabilities with the numbers of purchases.
    init(_ windows: [Forecast.Window], categoryOfItem: [Int]) {
        var items: [Int: Sum] = [:]
        var categories: [Int: Sum] = [:]
        var all: [Int: Sum] = [:]
        for chance in windows.lazy.flatMap(\.chances) {
            let index = Int(chance.item)
            items[index, default: Sum()].add(chance)
            all[0, default: Sum()].add(chance)
            if categoryOfItem.indices.contains(index) {
                categories[categoryOfItem[index], default: Sum()].add(chance)
            }
        }
        item = Self.relativeError(items)
        category = Self.relativeError(categories)
        self.all = Self.relativeError(all)
    }

    private struct Sum {
        var forecast = 0.0
        var happened = 0.0
        var variance = 0.0

        mutating func add(_ chance: Forecast.Chance) {
            forecast += chance.simulated
            happened += chance.happened ? 1 : 0
            variance += chance.simulated * (1 - chance.simulated)
        }
    }

    /// The relative error √( max(0, Σ ((happened − forecast)² − variance)) / Σ forecast² ).
    private static func relativeError(_ sums: [Int: Sum]) -> Double {
        var excess = 0.0
        var total = 0.0
        for key in sums.keys.sorted() {
            guard let sum = sums[key] else { continue }
            let difference = sum.happened - sum.forecast
            excess += difference * difference - sum.variance
            total += sum.forecast * sum.forecast
        }
        return total > 0 ? (max(0, excess) / total).squareRoot() : 0
    }
}

// MARK: - Use

extension ModelCalibration {
    /// A calibrated probability with its error.
    package struct Probability: Codable, Sendable, Hashable {
        /// The probability.
        package var value: Double
        /// The error of the model: the distance of forecast and frequency for probabilities of this
        /// size, with its standard error.
        package var modelError: Double
    }

    /// The calibrated probabilities that items are bought within a horizon.
    ///
    /// - Parameters:
    ///   - predicted: The items with their path probabilities, most probable first.
    ///   - history: The customer's events until the origin.
    ///   - origin: The origin of the paths, in seconds since 1970.
    ///   - seconds: The horizon, in seconds.
    /// - Returns: The probabilities by the item's index in the catalogue.
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

    /// The error √( d² + v ) of the nearest bin of the reliability diagram for the nearest horizon,
    /// with the distance d of forecast and frequency, and the variance v of the frequency.
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
    /// Whether all numbers are in the range that a back-test gives.
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
    ///   - name: The name of the file in an error.
    /// - Throws: ``FuturesError`` when the bytes are damaged or of another format version.
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
