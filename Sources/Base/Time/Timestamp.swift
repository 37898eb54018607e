/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    /// Milliseconds since 1970 in UTC.
    public let rawValue: Int64

    /// The times that events and feeds may have: from 1900-01-01 to 2200-01-01.
    public static let accepted =
        Timestamp(rawValue: -2_208_988_800_000)...Timestamp(rawValue: 7_258_118_400_000)

    /// Creates a time from milliseconds since 1970.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// Creates a time from whole seconds since 1970, clamped to the range of the type.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: .millisecondsPerSecond)
        rawValue = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since 1970, rounded towards the past.
    public var seconds: Int64 { rawValue.flooredQuotient(by: .millisecondsPerSecond) }

    /// Seconds from `earlier` to this time; negative if this time is the earlier one.
    public func secondsSince(_ earlier: Timestamp) -> Double {
        Double(rawValue) / 1000 - Double(earlier.rawValue) / 1000
    }

    /// Orders times.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.rawValue < right.rawValue
    }
}
