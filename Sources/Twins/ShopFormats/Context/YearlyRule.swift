import Time

/// A rule that repeats an event on its date every year (RFC 5545, 3.3.10).
struct YearlyRule: Equatable {
    /// The number of occurrences, including the first.
    var count: Int?
    /// The last day on which it may occur.
    var lastDay: Int?

    /// Reads a rule; `nil` for a rule of another kind.
    ///
    /// BYMONTH and BYMONTHDAY may only repeat the date of the first day.
    init?(_ text: some Collection<UInt8>, firstDay: Int) {
        var isYearly = false
        let date = CivilDate(dayNumber: firstDay)
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
            case "BYMONTH": guard Int(value) == date.month else { return nil }
            case "BYMONTHDAY": guard Int(value) == date.day else { return nil }
            case "WKST": continue
            default: return nil
            }
        }
        guard isYearly else { return nil }
    }

    /// The days in some years on which an event occurs.
    ///
    /// A 29th of February occurs in leap years only.
    ///
    /// - Parameters:
    ///   - firstDay: The first day on which it occurs.
    ///   - years: The years.
    /// - Returns: The days, in days since 1970, ascending.
    func days(from firstDay: Int, in years: ClosedRange<Int>) -> [Int] {
        let date = CivilDate(dayNumber: firstDay)
        let end = min(years.upperBound, CivilDate(dayNumber: Day.range.upperBound).year)
        guard date.year <= end else { return [] }
        var days: [Int] = []
        var left = count ?? .max
        for year in date.year...end {
            guard let day = CivilDate(year: year, month: date.month, day: date.day)?.dayNumber,
                Day.range.contains(day)
            else { continue }
            guard left > 0, day <= lastDay ?? .max else { break }
            left -= 1
            if year >= years.lowerBound { days.append(day) }
        }
        return days
    }
}
