import Foundation

/// A quantity that comes back each year: its values at even parts of the year, joined by lines.
public struct YearlyCurve: Sendable, Equatable, Codable {
    /// The values in the middle of each part of the year, the first part beginning with the year;
    /// one value stands for the whole year.
    public var values: [Double]

    /// The days of a year, on average (Gregorian calendar).
    public static let yearDays = 365.2425
    /// The day of 1 January 2000, in days since 1970, on which years are taken to begin.
    private static let newYear = 10_957.0

    /// A curve through at least one value.
    public init(_ values: [Double]) {
        precondition(!values.isEmpty, "A curve has values.")
        self.values = values
    }

    /// The same all the year.
    public init(constant value: Double) { self.init([value]) }

    /// The value on a day.
    ///
    /// - Parameter day: In days since 1970; any finite number.
    public func value(on day: Double) -> Double {
        guard values.count > 1 else { return values.first ?? 0 }
        let place = Self.part(of: day) * Double(values.count) - 0.5
        let left = place.rounded(.down)
        let before = Int(left) + values.count
        return values[before % values.count]
            + (values[(before + 1) % values.count] - values[before % values.count]) * (place - left)
    }

    /// How much of the year has passed on a day, from 0 up to 1.
    public static func part(of day: Double) -> Double {
        let years = (day - newYear) / yearDays
        return min(years - years.rounded(.down), 1 - 1e-12)
    }

    /// The mean of what a day and those before it had, each counting half as much as the one that
    /// comes a half-life after it.
    ///
    /// - Parameters:
    ///   - day: In days since 1970.
    ///   - halfLifeDays: Above 0.
    public func fadingMean(on day: Double, halfLifeDays: Double) -> Double {
        guard values.count > 1 else { return values.first ?? 0 }
        // What lies further back than a year has the same place in it, and counts for it.
        let fade = exp2(-1 / halfLifeDays)
        var sum = 0.0
        var weights = 0.0
        var weight = 1.0
        for age in 0..<Int(Self.yearDays) {
            sum += weight * value(on: day - Double(age))
            weights += weight
            weight *= fade
        }
        return sum / weights
    }
}
