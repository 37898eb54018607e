extension Timestamp {
    /// The moment that a text names: ISO 8601, `yyyymmdd`, or seconds or milliseconds since 1970.
    ///
    /// Accepted: `2026-03-01`, `2026-03-01T10:15[:30[.250]]` (or with a blank for the `T`),
    /// followed by `Z`, `±hh:mm`, `±hhmm`, `±hh` or nothing, which means UTC. A number is taken as
    /// seconds below 100,000,000,000 (the year 5138) and as milliseconds from there on.
    /// Eight digits that are a date from 1900 to 2262, such as `20260301`, are that date: tills and
    /// data warehouses write them, and as seconds they would all lie in one month of 1970.
    /// A second of 60 (a leap second) counts as the first second of the next minute.
    public init?(text: some StringProtocol) {
        let utf8 = Array(text.utf8)
        if let date = Timestamp.compactDate(utf8) {
            self = date
            return
        }
        if let number = Timestamp.number(utf8) {
            self = number
            return
        }
        var scanner = DigitScanner(bytes: utf8)
        guard let moment = scanner.moment() else { return nil }
        self = moment
    }

    /// The moment as ISO 8601 in UTC, with milliseconds only when there are any.
    public var iso8601: String {
        let second = seconds
        let (year, month, day) = Civil.date(daysSince1970: second.flooredQuotient(by: 86_400))
        let inDay = second - second.flooredQuotient(by: 86_400) * 86_400
        let milliseconds = (rawValue % 1000 + 1000) % 1000
        var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        text += "T\(padded(inDay / 3600, 2)):\(padded(inDay / 60 % 60, 2)):\(padded(inDay % 60, 2))"
        if milliseconds != 0 { text += ".\(padded(milliseconds, 3))" }
        return text + "Z"
    }

    /// The date alone, as `2026-03-01`, in UTC.
    public var date: String { String(iso8601.prefix { $0 != "T" }) }

    /// The hour of the day in UTC, 0 to 23.
    public var hour: Int {
        Int((seconds - seconds.flooredQuotient(by: 86_400) * 86_400) / 3600)
    }

    private static func compactDate(_ bytes: [UInt8]) -> Timestamp? {
        guard bytes.count == 8 else { return nil }
        var scanner = DigitScanner(bytes: bytes)
        guard let year = scanner.digits(4), let month = scanner.digits(2),
            let day = scanner.digits(2), (1900...2262).contains(year),
            let days = Civil.days(year, month, day)
        else { return nil }
        return Timestamp(seconds: days * 86_400)
    }

    private static func number(_ bytes: [UInt8]) -> Timestamp? {
        let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
        guard digits.count > 4 || bytes.count > digits.count, digits.count <= 17, !digits.isEmpty,
            digits.allSatisfy({ $0 >= 48 && $0 <= 57 })
        else { return nil }
        var value: Int64 = 0
        for digit in digits { value = value * 10 + Int64(digit - 48) }
        if bytes.count > digits.count { value = -value }
        guard value.magnitude <= 253_402_300_799_999 else { return nil }
        return value.magnitude < 100_000_000_000
            ? Timestamp(seconds: value) : Timestamp(rawValue: value)
    }
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}

/// Conversion between days and dates in the proleptic Gregorian calendar
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013).
private enum Civil {
    /// Days since 1970-01-01; `nil` for a date that the calendar lacks.
    static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        guard (1...12).contains(month), day >= 1, day <= daysInMonth(year: year, month: month)
        else { return nil }
        let y = month <= 2 ? year - 1 : year
        let era = y.flooredQuotient(by: 400)
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    private static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Reads an ISO 8601 moment from left to right.
private struct DigitScanner {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func moment() -> Timestamp? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"),
            let day = digits(2), let days = Civil.days(year, month, day)
        else { return nil }
        var seconds = days * 86_400
        var milliseconds: Int64 = 0
        if take("T") || take("t") || take(" ") {
            guard let hour = digits(2), take(":"), let minute = digits(2), hour < 24, minute < 60
            else { return nil }
            seconds += hour * 3600 + minute * 60
            if take(":") {
                guard let second = digits(2), second <= 60 else { return nil }
                seconds += second
                if take(".") || take(",") {
                    guard let fraction = fraction() else { return nil }
                    milliseconds = fraction
                }
            }
            guard let offset = offset() else { return nil }
            seconds -= offset
        }
        return position == bytes.count
            ? Timestamp(rawValue: seconds * 1000 + milliseconds) : nil
    }

    private mutating func offset() -> Int64? {
        if position == bytes.count || take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24 else { return nil }
        if position == bytes.count { return sign * hours * 3600 }
        _ = take(":")
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// Digits after the decimal mark as milliseconds; more than three are cut.
    private mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while position < bytes.count, bytes[position] >= 48, bytes[position] <= 57 {
            if count < 3 { value = value * 10 + Int64(bytes[position] - 48) }
            count += 1
            position += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 3)..<3 { value *= 10 }
        return value
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + count] {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        position += count
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }
}
