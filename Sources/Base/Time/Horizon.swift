/// How far ahead a question looks: above 0 and at most 366 days.
public struct Horizon: Hashable, Comparable, Sendable {
    /// The longest horizon, in days.
    public static let daysMax = 366
    /// The longest horizon, in seconds.
    public static let secondsMax: Int64 = 366 * .secondsPerDay
    /// The rule in words: the end of a sentence that begins with the name of a setting.
    public static let rule = "must be above 0 and at most \(daysMax) days"

    /// Its length in whole seconds, 1 or more.
    public let seconds: Int64

    /// Creates a horizon from days; fractions of a second are cut off.
    ///
    /// - Throws: ``HorizonError`` for less than a second, more than ``daysMax``, or NaN.
    public init(days: Double) throws(HorizonError) {
        guard days > 0, days <= Double(Self.daysMax) else { throw HorizonError() }
        try self.init(seconds: Int64(days * .secondsPerDay))
    }

    /// Creates a horizon from seconds.
    ///
    /// - Throws: ``HorizonError`` for less than a second or more than ``secondsMax``.
    public init(seconds: Int64) throws(HorizonError) {
        guard (1...Self.secondsMax).contains(seconds) else { throw HorizonError() }
        self.seconds = seconds
    }

    /// Its length in days.
    public var days: Double { Double(seconds) / .secondsPerDay }

    /// How many days it reaches into: its length in days, rounded up.
    public var dayCount: Int { Day.count(covering: seconds) }

    /// Orders horizons by length.
    public static func < (left: Horizon, right: Horizon) -> Bool { left.seconds < right.seconds }
}

/// A length of time that cannot be a ``Horizon``.
public struct HorizonError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Creates the error.
    public init() {}

    /// What is wrong, and what is allowed.
    public var description: String { "The horizon \(Horizon.rule)." }
}
