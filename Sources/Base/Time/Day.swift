/// Days as feeds name them: by their number since 1970 in UTC, and as `2026-03-01`.
public enum Day {
    /// The days that feeds may name: those on which events may happen.
    public static let range =
        number(of: Timestamp.accepted.lowerBound)...number(of: Timestamp.accepted.upperBound)

    /// The day that contains a time.
    public static func number(of time: Timestamp) -> Int {
        Int(time.rawValue.flooredQuotient(by: .millisecondsPerDay))
    }

    /// The day that contains a second, which is counted since 1970.
    public static func number(ofSecond second: Int64) -> Int {
        Int(second.flooredQuotient(by: .secondsPerDay))
    }

    /// The day that a text names, written `2026-03-01` or `20260301`; `nil` if it names none that
    /// feeds may name.
    public static func number(_ text: some StringProtocol) -> Int? {
        var bytes = Array(text.utf8)
        let hyphen = UInt8(ascii: "-")
        if bytes.count == 8 {
            bytes.insert(hyphen, at: 6)
            bytes.insert(hyphen, at: 4)
        }
        guard bytes.count == 10, bytes[4] == hyphen, bytes[7] == hyphen,
            let time = Timestamp(text: String(decoding: bytes, as: UTF8.self))
        else { return nil }
        let day = number(of: time)
        return range.contains(day) ? day : nil
    }

    /// How many days a length of time covers: its days, rounded up.
    ///
    /// - Parameter seconds: The length, 0 or more.
    /// - Returns: The number of days.
    public static func count(covering seconds: Int64) -> Int {
        Int((seconds + .secondsPerDay - 1).flooredQuotient(by: .secondsPerDay))
    }

    /// The first millisecond of a day; a day out of ``range`` counts as the nearest in it.
    public static func start(of day: Int) -> Timestamp {
        let known = min(max(day, range.lowerBound), range.upperBound)
        return Timestamp(rawValue: Int64(known) * .millisecondsPerDay)
    }

    /// The first second of a day, counted since 1970.
    public static func firstSecond(of day: Int) -> Int64 { Int64(day) * .secondsPerDay }

    /// A day as `2026-03-01`; a day out of ``range`` counts as the nearest in it.
    public static func text(_ day: Int) -> String { start(of: day).date }
}
