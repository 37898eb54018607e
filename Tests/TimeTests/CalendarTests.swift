import TestSupport
import Testing
import Time

/// Dates, months and weekdays.
@Suite struct CalendarTests {
    @Test(arguments: [
        (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 2, 29, 11_016), (2026, 3, 1, 20_513),
        (1900, 1, 1, -25_567), (0, 3, 1, -719_468), (-1, 12, 31, -719_529),
    ])
    func datesAreDaysSince1970(_ year: Int, _ month: Int, _ day: Int, _ number: Int) throws {
        let date = try #require(CivilDate(year: year, month: month, day: day))
        #expect(date.dayNumber == number)
        #expect(CivilDate(dayNumber: number) == date)
    }

    @Test(arguments: [
        (2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0),
        (2026, 1, 32), (2026, 1, -1),
    ])
    func otherNumbersAreNoDates(_ year: Int, _ month: Int, _ day: Int) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test func everyDayOfEightCenturiesFollowsTheDayBefore() {
        var before = CivilDate(dayNumber: -150_001)
        for number in -150_000...150_000 {
            let date = CivilDate(dayNumber: number)
            #expect(before < date)
            #expect(date.dayNumber == number)
            #expect(date.day == 1 || date.day == before.day + 1)
            before = date
        }
    }

    @Test func weekdaysRepeatAfterSevenDays() {
        #expect(Weekday(dayNumber: 0) == .thursday)
        #expect(Weekday(dayNumber: -1) == .wednesday)
        #expect(Weekday(dayNumber: 20_513) == .sunday)
        for number in -30...30 {
            #expect(Weekday(dayNumber: number) == Weekday(dayNumber: number + 7))
            let next = Weekday(dayNumber: number + 1)
            #expect(next.rawValue == (Weekday(dayNumber: number).rawValue + 1) % 7)
        }
    }

    @Test func monthsAndWeekdaysHaveNames() {
        #expect(
            Month.allCases.map(\.shortName) == [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ])
        #expect(
            Weekday.allCases.map(\.shortName) == [
                "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
            ])
        #expect(Month.september.name == "September" && Weekday.wednesday.name == "Wednesday")
        #expect(Month.allCases.reduce(0) { $0 + $1.dayCount(inYear: 2026) } == 365)
        #expect(Month.allCases.reduce(0) { $0 + $1.dayCount(inYear: 2024) } == 366)
    }
}

/// Lengths of time, and divisions that round down.
@Suite struct TimeUnitTests {
    @Test func unitsAreNumbersOfAnyType() {
        #expect(2 * Int64.secondsPerDay == 172_800)
        #expect(Double.secondsPerHour == 3600 && Float.secondsPerDay == 86_400)
        #expect(Int.secondsPerHour * 24 == .secondsPerDay)
        #expect(Int64.secondsPerDay * .millisecondsPerSecond == .millisecondsPerDay)
        #expect(Int.secondsPerMinute * 60 == .secondsPerHour)
    }

    @Test func quotientsAreRoundedDown() {
        for number in -30...30 {
            let quotient = number.flooredQuotient(by: 7)
            let remainder = number.flooredRemainder(by: 7)
            #expect(quotient * 7 + remainder == number)
            #expect((0..<7).contains(remainder))
        }
        #expect(Int64.min.flooredQuotient(by: 1000) == -9_223_372_036_854_776)
        #expect(Int64.max.flooredQuotient(by: 1) == .max)
        #expect(Int64.min.flooredRemainder(by: 1000) == 192)
    }

    @Test(
        arguments: [
            (0, 0, 0), (1, 0, 1), (86_399, 0, 1), (86_400, 1, 1), (86_401, 1, 2), (172_800, 2, 2),
        ] as [(Int64, Int, Int)])
    func secondsAreInDays(_ second: Int64, _ number: Int, _ count: Int) {
        #expect(Day.number(ofSecond: second) == number)
        #expect(Day.count(covering: second) == count)
    }

    @Test func daysBeginAtMidnight() {
        #expect(Day.number(ofSecond: -1) == -1)
        for day in [-25_567, -1, 0, 1, 20_513] {
            #expect(Day.firstSecond(of: day) == Day.start(of: day).seconds)
            #expect(Day.number(ofSecond: Day.firstSecond(of: day)) == day)
            #expect(Day.number(ofSecond: Day.firstSecond(of: day) - 1) == day - 1)
        }
    }
}

/// How far ahead a question may look.
@Suite struct HorizonTests {
    @Test func horizonsAreOfASecondUpToAYear() throws {
        #expect(try Horizon(days: 7).seconds == 604_800)
        #expect(try Horizon(days: 366).seconds == Horizon.secondsMax)
        #expect(try Horizon(seconds: Horizon.secondsMax).days == 366)
        #expect(try Horizon(seconds: 1).dayCount == 1)
        #expect(try Horizon(days: 1.5).dayCount == 2)
        #expect(try Horizon(days: 0.5) < Horizon(days: 1))
    }

    @Test(arguments: [0, -1, 1e-9, 366.001, 1e300, .infinity, -.infinity, .nan])
    func otherDaysAreRefused(_ days: Double) {
        #expect(throws: HorizonError.self) { _ = try Horizon(days: days) }
    }

    @Test(arguments: [0, -1, .min, .max, Horizon.secondsMax + 1])
    func otherSecondsAreRefused(_ seconds: Int64) {
        #expect(throws: HorizonError.self) { _ = try Horizon(seconds: seconds) }
    }

    @Test func theErrorNamesTheBounds() {
        #expect(
            HorizonError().description == "The horizon must be above 0 and at most 366 days.")
    }
}
