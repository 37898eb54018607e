import Foundation
import Shop
package import Simulation

/// A number that futures tell of: how great it is on average, and how far futures differ.
package struct DemandEstimate: Sendable, Hashable {
    /// The mean over the futures.
    package let expected: Double
    /// The standard deviation from future to future.
    package let deviation: Double
    /// The standard error of ``expected`` by the number of paths.
    package let error: Double
    /// The standard error of ``expected`` by what the model does not know; 0 if nobody has said.
    package let modelError: Double

    /// Makes an estimate.
    package init(expected: Double, deviation: Double, error: Double, modelError: Double = 0) {
        self.expected = expected
        self.deviation = deviation
        self.error = error
        self.modelError = modelError
    }

    /// Nothing at all.
    package static let zero = DemandEstimate(expected: 0, deviation: 0, error: 0)

    /// An interval that holds the number in 9 futures of 10, if it is spread normally: by chance,
    /// and by what the model does not know.
    package var interval: ClosedRange<Double> {
        let spread =
            normalQuantile95 * (deviation * deviation + modelError * modelError).squareRoot()
        return max(0, expected - spread)...max(0, expected + spread)
    }

    /// What two estimates of twins that know nothing of each other add up to; what the model does
    /// not know of one, it does not know of the other.
    package static func + (left: DemandEstimate, right: DemandEstimate) -> DemandEstimate {
        func together(_ part: (DemandEstimate) -> Double) -> Double {
            (part(left) * part(left) + part(right) * part(right)).squareRoot()
        }
        return DemandEstimate(
            expected: left.expected + right.expected, deviation: together(\.deviation),
            error: together(\.error), modelError: left.modelError + right.modelError)
    }
}

/// The standard normal distribution lies within plus and minus this with probability 0.9.
let normalQuantile95 = 1.644_854

/// What all twins of a fleet will take, by item, category and day.
///
/// Twins are simulated each on its own, so their variances add. What moves all at once, such as a
/// holiday that the model does not know, is not in the spread, but in what a back-test found of the
/// model's errors. All sums are of whole numbers: their order makes no difference, and a run in
/// parts adds up to the same bits.
package struct FleetDemand: Sendable, Hashable {
    /// What is summed up by.
    package let shape: DemandLayout
    /// How many paths of each twin are simulated.
    package let paths: Int
    /// The events of all paths of all twins, row by row.
    private var counts: [UInt64]
    /// The variances of the paths' numbers, times paths · (paths − 1), summed over twins.
    private var spreads: [UInt64]

    /// Starts with no twin.
    ///
    /// - Parameters:
    ///   - shape: What to sum up by.
    ///   - paths: How many paths of each twin are simulated.
    /// - Throws: ``FuturesError`` if one path is all there is, which tells nothing of how futures
    ///   differ.
    package init(_ shape: DemandLayout, paths: Int) throws(FuturesError) {
        guard (2...SimulationSettings.pathLimit).contains(paths) else {
            throw FuturesError(
                "Demand needs 2 paths or more, to tell how far futures differ.",
                remedy: .morePaths)
        }
        self.shape = shape
        self.paths = paths
        counts = [UInt64](repeating: 0, count: shape.cellCount)
        spreads = counts
    }

    /// Adds a twin.
    ///
    /// - Parameter forecast: A forecast of a fleet that was told of the same shape.
    /// - Throws: ``FuturesError`` if the sums become too great to be kept.
    package mutating func add(_ forecast: TwinForecast) throws(FuturesError) {
        for cell in forecast.demand where counts.indices.contains(cell.place) {
            let spread = UInt64(paths) * cell.squares - cell.count * cell.count
            let (count, hasManyEvents) = counts[cell.place].addingReportingOverflow(cell.count)
            let (sum, isWide) = spreads[cell.place].addingReportingOverflow(spread)
            guard !hasManyEvents, !isWide else {
                throw FuturesError(
                    "The sums of demand are too great to be kept.", remedy: .fewerPaths)
            }
            counts[cell.place] = count
            spreads[cell.place] = sum
        }
    }

    /// What all twins take of a row in a column.
    ///
    /// - Parameters:
    ///   - row: The row of the shape.
    ///   - column: Its column.
    ///   - modelError: How far the model is off, as a share of demand.
    /// - Returns: The sums.
    func estimate(row: Int, column: Int, modelError: Double = 0) -> DemandEstimate {
        let place = row * shape.columnCount + column
        let n = Double(paths)
        let deviation = (Double(spreads[place]) / (n * (n - 1))).squareRoot()
        return DemandEstimate(
            expected: Double(counts[place]) / n, deviation: deviation,
            error: deviation / n.squareRoot(), modelError: modelError * Double(counts[place]) / n)
    }
}

extension FleetDemand: Codable {
    private enum CodingKeys: CodingKey {
        case shape, paths, sums
    }

    /// Reads what ``encode(to:)`` has written.
    ///
    /// - Throws: `DecodingError` or ``FuturesError`` for anything else.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let shape = try container.decode(DemandLayout.self, forKey: .shape)
        try shape.validate()
        try self.init(shape, paths: try container.decode(Int.self, forKey: .paths))
        let numbers = Self.numbers(in: try container.decode(Data.self, forKey: .sums))
        guard let numbers, numbers.count == 2 * shape.cellCount else {
            throw FuturesError("The sums of demand are damaged.")
        }
        counts = Array(numbers[..<shape.cellCount])
        spreads = Array(numbers[shape.cellCount...])
    }

    /// Writes the sums: most are small, so seven bits at a time, the least first (LEB128).
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(shape, forKey: .shape)
        try container.encode(paths, forKey: .paths)
        var bytes: [UInt8] = []
        for number in [counts, spreads].joined() {
            var rest = number
            while rest >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
        try container.encode(Data(bytes), forKey: .sums)
    }

    private static func numbers(in data: Data) -> [UInt64]? {
        var numbers: [UInt64] = []
        var number: UInt64 = 0
        var shift: UInt64 = 0
        for byte in data {
            guard shift < 63 || (shift == 63 && byte <= 1) else { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 != 0 {
                shift += 7
            } else {
                numbers.append(number)
                (number, shift) = (0, 0)
            }
        }
        return shift == 0 ? numbers : nil
    }
}
