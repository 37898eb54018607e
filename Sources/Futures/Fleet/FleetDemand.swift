import Foundation
import Shop
package import Simulation

/// An estimate of demand: its mean over paths, its spread, and its errors.
package struct DemandEstimate: Sendable, Hashable {
    /// The mean over paths.
    package let expected: Double
    /// The standard deviation over paths.
    package let deviation: Double
    /// The Monte Carlo error of ``expected``, as a standard error.
    package let error: Double
    /// The standard error of ``expected`` from the model, by its back-test; 0 without a back-test.
    package let modelError: Double

    /// Creates an estimate.
    package init(expected: Double, deviation: Double, error: Double, modelError: Double = 0) {
        self.expected = expected
        self.deviation = deviation
        self.error = error
        self.modelError = modelError
    }

    /// No demand.
    package static let zero = DemandEstimate(expected: 0, deviation: 0, error: 0)

    /// The 90 % interval of the demand, from ``deviation`` and ``modelError``, as of a normal
    /// distribution.
    package var interval: ClosedRange<Double> {
        let spread =
            normalQuantile95 * (deviation * deviation + modelError * modelError).squareRoot()
        return max(0, expected - spread)...max(0, expected + spread)
    }

    /// The sum of the estimates of two sets of twins.
    ///
    /// Twins are simulated independently, so variances add. Errors of the model are common to all
    /// twins, so they add themselves.
    package static func + (left: DemandEstimate, right: DemandEstimate) -> DemandEstimate {
        func rootOfSquares(_ part: (DemandEstimate) -> Double) -> Double {
            (part(left) * part(left) + part(right) * part(right)).squareRoot()
        }
        return DemandEstimate(
            expected: left.expected + right.expected, deviation: rootOfSquares(\.deviation),
            error: rootOfSquares(\.error), modelError: left.modelError + right.modelError)
    }
}

/// The 95 % quantile of the standard normal distribution, for 90 % intervals.
private let normalQuantile95 = 1.644_854

/// The demand of all twins of a fleet, by item, category and day.
///
/// Twins are simulated independently, so their variances add. A shock that hits all customers, such
/// as a holiday that the model does not know, is not in the spread; the error from a back-test
/// covers it. All sums are sums of integers, so the order of twins does not affect them.
package struct FleetDemand: Sendable, Hashable {
    /// The cells.
    package let layout: DemandLayout
    /// The number of paths of each twin.
    package let paths: Int
    /// The number of events of all paths of all twins, row by row.
    private var counts: [UInt64]
    /// The variance over paths, times paths · (paths − 1), summed over twins.
    private var spreads: [UInt64]

    /// Creates sums over no twin.
    ///
    /// - Parameters:
    ///   - layout: The cells.
    ///   - paths: The number of paths of each twin.
    /// - Throws: ``FuturesError`` for fewer than two paths, which have no spread.
    package init(_ layout: DemandLayout, paths: Int) throws(FuturesError) {
        guard (2...SimulationSettings.pathLimit).contains(paths) else {
            throw FuturesError(
                "Demand needs 2 paths or more, to estimate its spread.",
                remedy: .morePaths)
        }
        self.layout = layout
        self.paths = paths
        counts = [UInt64](repeating: 0, count: layout.cellCount)
        spreads = counts
    }

    /// Adds a twin.
    ///
    /// - Parameter forecast: A forecast of a fleet with the same layout.
    /// - Throws: ``FuturesError`` if a sum overflows.
    package mutating func add(_ forecast: TwinForecast) throws(FuturesError) {
        for cell in forecast.demand where counts.indices.contains(cell.index) {
            let spread = UInt64(paths) * cell.squares - cell.count * cell.count
            let (count, countOverflows) = counts[cell.index].addingReportingOverflow(cell.count)
            let (sum, spreadOverflows) = spreads[cell.index].addingReportingOverflow(spread)
            guard !countOverflows, !spreadOverflows else {
                throw FuturesError(
                    "The sums of demand are too large to be stored.", remedy: .fewerPaths)
            }
            counts[cell.index] = count
            spreads[cell.index] = sum
        }
    }

    /// The demand of all twins in a cell.
    ///
    /// - Parameters:
    ///   - row: The row of the cell.
    ///   - column: The column of the cell.
    ///   - modelError: The relative error of demand.
    /// - Returns: The estimate.
    func estimate(row: Int, column: Int, modelError: Double = 0) -> DemandEstimate {
        let index = row * layout.columnCount + column
        let n = Double(paths)
        let deviation = (Double(spreads[index]) / (n * (n - 1))).squareRoot()
        return DemandEstimate(
            expected: Double(counts[index]) / n, deviation: deviation,
            error: deviation / n.squareRoot(), modelError: modelError * Double(counts[index]) / n)
    }
}

extension FleetDemand: Codable {
    private enum CodingKeys: String, CodingKey {
        case layout = "shape"
        case paths, sums
    }

    /// Reads the output of ``encode(to:)``.
    ///
    /// - Throws: `DecodingError` or ``FuturesError`` for other data.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let layout = try container.decode(DemandLayout.self, forKey: .layout)
        try layout.validate()
        try self.init(layout, paths: try container.decode(Int.self, forKey: .paths))
        let numbers = Self.numbers(in: try container.decode(Data.self, forKey: .sums))
        guard let numbers, numbers.count == 2 * layout.cellCount else {
            throw FuturesError("The sums of demand are damaged. Start the run afresh.")
        }
        counts = Array(numbers[..<layout.cellCount])
        spreads = Array(numbers[layout.cellCount...])
    }

    /// Writes the sums as LEB128: seven bits in a byte, the lowest first.
    ///
    /// Most sums are small.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layout, forKey: .layout)
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
