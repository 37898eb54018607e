extension Timestamp {
    /// Reads a time: ISO 8601, `yyyymmdd`, or seconds or milliseconds since 1970.
    ///
    /// ISO 8601 means `2026-03-01` or `2026-03-01T10:15[:30[.250]]`, with `T` or a blank, followed
    /// by `Z`, `±hh:mm`, `±hhmm`, `±hh` or nothing, which means UTC. A second of 60 (a leap second)
    /// counts as the first second of the next minute.
    ///
    /// A number below 100,000,000,000 means seconds (up to the year 5138), a greater one
    /// milliseconds. Eight digits that are a date from 1900 to 2262, such as `20260301`, mean that
    /// date: tills and data warehouses write dates so. As seconds, all of them would be in 1970.
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
        guard let time = scanner.time() else { return nil }
        self = time
    }

    /// The time as ISO 8601 in UTC, with milliseconds unless they are 0.
    public var iso8601: String {
        let second = seconds
        let date = CivilDate(dayNumber: Day.number(ofSecond: second))
        let inDay = second.flooredRemainder(by: .secondsPerDay)
        let milliseconds = rawValue.flooredRemainder(by: .millisecondsPerSecond)
        var text = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        text += "T\(padded(inDay / 3600, 2)):\(padded(inDay / 60 % 60, 2)):\(padded(inDay % 60, 2))"
        if milliseconds != 0 { text += ".\(padded(milliseconds, 3))" }
        return text + "Z"
    }

    /// The date alone, as `2026-03-01`, in UTC.
    public var date: String { String(iso8601.prefix { $0 != "T" }) }

    /// The hour of the day in UTC, 0 to 23.
    public var hour: Int {
        Int(seconds.flooredRemainder(by: .secondsPerDay) / .secondsPerHour)
    }

    private static func compactDate(_ bytes: [UInt8]) -> Timestamp? {
        guard bytes.count == 8 else { return nil }
        var scanner = DigitScanner(bytes: bytes)
        guard let year = scanner.digits(4), let month = scanner.digits(2),
            let day = scanner.digits(2), (1900...2262).contains(year),
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        return Timestamp(seconds: Day.firstSecond(of: date.dayNumber))
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

private func padded(_ number: some BinaryInteger, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Reads an ISO 8601 time from left to right.
private struct DigitScanner {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func time() -> Timestamp? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"),
            let day = digits(2), let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        var seconds = Day.firstSecond(of: date.dayNumber)
        var milliseconds: Int64 = 0
        if take("T") || take("t") || take(" ") {
            guard let hour = digits(2), take(":"), let minute = digits(2), hour < 24, minute < 60
            else { return nil }
            seconds += Int64(hour * .secondsPerHour + minute * .secondsPerMinute)
            if take(":") {
                guard let second = digits(2), second <= 60 else { return nil }
                seconds += Int64(second)
                if take(".") || take(",") {
                    guard let fraction = fraction() else { return nil }
                    milliseconds = fraction
                }
            }
            guard let offset = offset() else { return nil }
            seconds -= offset
        }
        return position == bytes.count
            ? Timestamp(rawValue: seconds * .millisecondsPerSecond + milliseconds) : nil
    }

    private mutating func offset() -> Int64? {
        if position == bytes.count || take("Z") || take("z") { return 0 }
        let sign: Int
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24 else { return nil }
        if position == bytes.count { return Int64(sign * hours * .secondsPerHour) }
        _ = take(":")
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return Int64(sign * (hours * .secondsPerHour + minutes * .secondsPerMinute))
    }

    /// The digits after the decimal mark as milliseconds; digits after the third are cut off.
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

    /// A number of exactly `count` digits.
    mutating func digits(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + count] {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int(byte - 48)
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
