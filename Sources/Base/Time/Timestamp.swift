/// A moment in time, in milliseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    /// Milliseconds since 1970 in UTC.
    public let rawValue: Int64

    /// The times that events and feeds may have: from 1900-01-01 to 2200-01-01.
    public static let accepted =
        Timestamp(rawValue: -2_208_988_800_000)...Timestamp(rawValue: 7_258_118_400_000)

    /// Makes a moment from milliseconds since 1970.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// Makes a moment from whole seconds since 1970, at the nearest end of the range if out of it.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        rawValue = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since 1970, rounded towards the past.
    public var seconds: Int64 {
        rawValue >= 0 ? rawValue / 1000 : -((-(rawValue + 1)) / 1000) - 1
    }

    /// Seconds from `earlier` to this moment; negative when this moment is the earlier one.
    public func secondsSince(_ earlier: Timestamp) -> Double {
        Double(rawValue) / 1000 - Double(earlier.rawValue) / 1000
    }

    /// Orders moments in time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.rawValue < right.rawValue
    }
}
