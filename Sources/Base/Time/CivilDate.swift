/// A date of the proleptic Gregorian calendar.
///
/// The algorithms are those of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
/// (2013).
public struct CivilDate: Hashable, Comparable, Sendable {
    /// The year; year 0 is the year before year 1.
    public let year: Int
    /// The month, 1 to 12.
    public let month: Int
    /// The day of the month, from 1.
    public let day: Int

    /// Creates a date; `nil` if the calendar does not have it.
    public init?(year: Int, month: Int, day: Int) {
        guard let name = Month(rawValue: month), (1...name.dayCount(inYear: year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date of a day.
    ///
    /// - Parameter number: Days since 1970-01-01.
    public init(dayNumber number: Int) {
        let shifted = number + Self.daysFromEraTo1970
        let era = shifted.flooredQuotient(by: Self.daysPerEra)
        let dayOfEra = shifted - era * Self.daysPerEra
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    }

    /// Days since 1970-01-01.
    public var dayNumber: Int {
        // Years begin in March here, so that the leap day is the last day of its year.
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysPerEra + dayOfEra - Self.daysFromEraTo1970
    }

    /// Orders dates in time.
    public static func < (left: CivilDate, right: CivilDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// An era has 400 years; after it the calendar repeats.
    private static let daysPerEra = 146_097
    /// Days from 0000-03-01, when an era begins, to 1970-01-01.
    private static let daysFromEraTo1970 = 719_468
}

/// A month of the year; raw values count from 1.
public enum Month: Int, CaseIterable, Sendable {
    /// January.
    case january = 1
    /// February.
    case february
    /// March.
    case march
    /// April.
    case april
    /// May.
    case may
    /// June.
    case june
    /// July.
    case july
    /// August.
    case august
    /// September.
    case september
    /// October.
    case october
    /// November.
    case november
    /// December.
    case december

    /// The English name, such as `January`.
    public var name: String { Self.names[rawValue - 1] }

    /// The first three letters of the English name, such as `Jan`.
    public var shortName: String { String(name.prefix(3)) }

    /// How many days the month has in a year.
    public func dayCount(inYear year: Int) -> Int {
        switch self {
        case .february: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case .april, .june, .september, .november: 30
        default: 31
        }
    }

    private static let names = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
}

/// A day of the week; raw values count from 0 for Monday.
public enum Weekday: Int, CaseIterable, Sendable {
    /// Monday.
    case monday = 0
    /// Tuesday.
    case tuesday
    /// Wednesday.
    case wednesday
    /// Thursday.
    case thursday
    /// Friday.
    case friday
    /// Saturday.
    case saturday
    /// Sunday.
    case sunday

    /// The weekday of a day.
    ///
    /// - Parameter number: Days since 1970-01-01, which was a Thursday.
    public init(dayNumber number: Int) {
        let index = (number + Weekday.thursday.rawValue).flooredRemainder(by: 7)
        self = Weekday.allCases[index]
    }

    /// The English name, such as `Monday`.
    public var name: String { Self.names[rawValue] }

    /// The first three letters of the English name, such as `Mon`.
    public var shortName: String { String(name.prefix(3)) }

    private static let names = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
}
