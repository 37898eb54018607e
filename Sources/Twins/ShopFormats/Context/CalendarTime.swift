import Shop
import Time

/// A day, or a time of a day, of a calendar file.
struct CalendarTime: Equatable {
    /// The day as written, in days since 1970.
    var day: Int
    /// The second of that day, 0 for a whole one.
    var second: Int

    /// Seconds since 1970 on the file's clock.
    var seconds: Int { day * .secondsPerDay + second }

    /// Reads `20261224`, `20261224T180000` or `20261224T180000Z`; `nil` for anything else.
    init?(_ text: some Collection<UInt8>) {
        let bytes = Array(text)
        guard bytes.count >= 8,
            let day = Day.number(String(decoding: bytes[..<8], as: UTF8.self))
        else { return nil }
        self.day = day
        second = 0
        if bytes.count == 8 { return }
        let isUTC = bytes.count == 16 && bytes[15] == UInt8(ascii: "Z")
        guard bytes.count == 15 || isUTC, bytes[8] == UInt8(ascii: "T"),
            let hour = Self.number(bytes[9..<11]), let minute = Self.number(bytes[11..<13]),
            let second = Self.number(bytes[13..<15]), hour < 24, minute < 60, second <= 60
        else { return nil }
        let inDay = hour * .secondsPerHour + minute * .secondsPerMinute + second
        self.second = min(inDay, .secondsPerDay - 1)
    }

    /// Reads the time of a line.
    init(_ line: CalendarLine) throws(Rejection) {
        guard let time = CalendarTime(line.value) else {
            let text = String(decoding: line.value.prefix(160), as: UTF8.self)
            throw Rejection(
                .timestamp,
                "\(line.name) is \(Rejection.quoted(text)); use a day as 20261224 or a time as "
                    + "20261224T180000Z", at: .line(line.number))
        }
        self = time
    }

    /// The seconds of a duration such as `P1D`, `PT2H30M` or `P2W` (RFC 5545, 3.3.6); `nil` for any
    /// other text, and for negative durations.
    static func seconds(ofDuration text: some Collection<UInt8>) -> Int? {
        var bytes = Array(text)[...]
        if bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
        guard bytes.popFirst() == UInt8(ascii: "P"), !bytes.isEmpty else { return nil }
        var total = 0
        var isTime = false
        while let byte = bytes.first {
            if byte == UInt8(ascii: "T"), !isTime, bytes.count > 1 {
                isTime = true
                bytes.removeFirst()
                continue
            }
            // Sums of nine-digit numbers of weeks are far below the greatest integer.
            let digits = bytes.prefix { $0 >= 48 && $0 <= 57 }
            guard digits.count <= 9, let count = number(digits) else { return nil }
            bytes = bytes.dropFirst(digits.count)
            switch (bytes.popFirst(), isTime) {
            case (UInt8(ascii: "W"), false): total += count * 7 * .secondsPerDay
            case (UInt8(ascii: "D"), false): total += count * .secondsPerDay
            case (UInt8(ascii: "H"), true): total += count * .secondsPerHour
            case (UInt8(ascii: "M"), true): total += count * .secondsPerMinute
            case (UInt8(ascii: "S"), true): total += count
            default: return nil
            }
            guard total <= maxSeconds else { return nil }
        }
        return total
    }

    /// Longer than all days that feeds may name.
    private static let maxSeconds = 400 * 366 * Int.secondsPerDay

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty else { return nil }
        var value = 0
        for digit in digits {
            guard digit >= 48, digit <= 57 else { return nil }
            value = value * 10 + Int(digit - 48)
        }
        return value
    }
}
