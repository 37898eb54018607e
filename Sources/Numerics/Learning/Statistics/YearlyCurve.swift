import Foundation

/// A quantity with a period of one year: its values in equal parts of the year, joined by lines.
package struct YearlyCurve: Sendable, Equatable, Codable {
    /// The values in the middle of each part; the first part begins on 1 January.
    ///
    /// A single value means a constant.
    package var values: [Double]

    /// The mean number of days of a year (Gregorian calendar).
    package static let yearDays = 365.2425
    /// 1 January 2000, in days since 1970: the start of a year.
    private static let newYear = 10_957.0

    /// A curve through one or more values.
    package init(_ values: [Double]) {
        precondition(!values.isEmpty, "A curve needs values.")
        self.values = values
    }

    /// A constant curve.
    package init(constant value: Double) { self.init([value]) }

    /// Fits two waves, with periods of a year and half a year, to values by least squares.
    ///
    /// Returns `nil` unless there are values in each twelfth of the year.
    ///
    /// - Parameters:
    ///   - days: The middle of each day, in days since 1970.
    ///   - values: One value for each day.
    package init?(days: [Double], values: [Double]) {
        precondition(days.count == values.count, "Each day needs one value.")
        let parts = days.map(Self.part)
        guard Set(parts.map { Int($0 * 12) }).count == 12 else { return nil }
        let size = Self.waves(0).count
        var information = [Double](repeating: 0, count: size * size)
        var slope = [Double](repeating: 0, count: size)
        for (part, value) in zip(parts, values) {
            let row = Self.waves(part)
            for i in 0..<size {
                slope[i] += row[i] * value
                for j in 0...i { information[i * size + j] += row[i] * row[j] }
            }
        }
        let weights = SymmetricSystem(information, count: size).solve(slope)
        self.init(
            (0..<SeasonalModel.parts).map { part in
                zip(Self.waves((Double(part) + 0.5) / Double(SeasonalModel.parts)), weights)
                    .reduce(0) { $0 + $1.0 * $1.1 }
            })
    }

    private static func waves(_ part: Double) -> [Double] {
        let angle = 2 * Double.pi * part
        return [1, cos(angle), sin(angle), cos(2 * angle), sin(2 * angle)]
    }

    /// The value on a day.
    ///
    /// - Parameter day: Days since 1970; any finite number.
    /// - Returns: The linear interpolation between the parts of the year.
    package func value(on day: Double) -> Double {
        guard values.count > 1 else { return values.first ?? 0 }
        let position = Self.part(of: day) * Double(values.count) - 0.5
        let left = position.rounded(.down)
        let before = Int(left) + values.count
        return values[before % values.count]
            + (values[(before + 1) % values.count] - values[before % values.count])
            * (position - left)
    }

    /// The fraction of the year before a day, in [0, 1).
    package static func part(of day: Double) -> Double {
        let years = (day - newYear) / yearDays
        return min(years - years.rounded(.down), 1 - 1e-12)
    }
}
