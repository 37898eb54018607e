import Time

/// A rule by which an event comes back on its date every year (RFC 5545, 3.3.10).
struct YearlyRule: Equatable {
    /// How many times it happens, the first included.
    var count: Int?
    /// The last day on which it may happen.
    var lastDay: Int?

    /// Reads a rule; `nil` for one of another kind.
    ///
    /// BYMONTH and BYMONTHDAY may say once more what the first day says.
    init?(_ text: some Collection<UInt8>, firstDay: Int) {
        var isYearly = false
        let date = Day.text(firstDay)
        for part in text.split(separator: UInt8(ascii: ";")) {
            let words = String(decoding: part, as: UTF8.self).uppercased()
                .split(separator: "=", omittingEmptySubsequences: false)
            guard words.count == 2 else { return nil }
            let value = words[1]
            switch words[0] {
            case "FREQ":
                guard value == "YEARLY" else { return nil }
                isYearly = true
            case "INTERVAL": guard Int(value) == 1 else { return nil }
            case "COUNT":
                guard let count = Int(value), count >= 1 else { return nil }
                self.count = count
            case "UNTIL":
                guard let last = CalendarTime(value.utf8) else { return nil }
                lastDay = last.day
            case "BYMONTH": guard Int(value) == Int(date.dropFirst(5).prefix(2)) else { return nil }
            case "BYMONTHDAY": guard Int(value) == Int(date.suffix(2)) else { return nil }
            case "WKST": continue
            default: return nil
            }
        }
        guard isYearly else { return nil }
    }

    /// The days on which an event happens that first happens on one, within some years.
    ///
    /// A 29th of February is in leap years alone.
    func days(from firstDay: Int, in years: ClosedRange<Int>) -> [Int] {
        let date = Day.text(firstDay)
        guard let firstYear = Int(date.prefix(4)),
            let end = Int(Day.text(Day.range.upperBound).prefix(4)),
            firstYear <= min(years.upperBound, end)
        else { return [] }
        var days: [Int] = []
        var left = count ?? .max
        for year in firstYear...min(years.upperBound, end) {
            guard let day = Day.number("\(year)\(date.dropFirst(4))") else { continue }
            guard left > 0, day <= lastDay ?? .max else { break }
            left -= 1
            if year >= years.lowerBound { days.append(day) }
        }
        return days
    }
}
