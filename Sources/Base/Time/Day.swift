/// Days as feeds name them: by their number since 1970 in UTC, and as `2026-03-01`.
public enum Day {
    /// The days that feeds may name: those on which events may happen.
    public static let range =
        number(of: Timestamp.accepted.lowerBound)...number(of: Timestamp.accepted.upperBound)

    private static let millisecondCount = Int64(86_400_000)

    /// The day that a moment lies in.
    public static func number(of moment: Timestamp) -> Int {
        let milliseconds = Int(clamping: moment.rawValue)
        let count = Int(millisecondCount)
        return milliseconds >= 0 ? milliseconds / count : -((-(milliseconds + 1)) / count) - 1
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
            let moment = Timestamp(text: String(decoding: bytes, as: UTF8.self))
        else { return nil }
        let day = number(of: moment)
        return range.contains(day) ? day : nil
    }

    /// The first moment of a day; of the nearest that feeds may name if it is out of their range.
    public static func start(of day: Int) -> Timestamp {
        let known = min(max(day, range.lowerBound), range.upperBound)
        return Timestamp(rawValue: Int64(known) * millisecondCount)
    }

    /// A day as `2026-03-01`.
    public static func text(_ day: Int) -> String { start(of: day).date }
}
