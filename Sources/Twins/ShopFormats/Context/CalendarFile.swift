import Foundation
package import Shop

/// Reads public holidays and events from a calendar (iCalendar, RFC 5545).
///
/// Of each VEVENT are used: UID, SUMMARY, the first of CATEGORIES as its kind, DTSTART, DTEND or
/// DURATION, STATUS, EXDATE, RECURRENCE-ID, and an RRULE of every year. Days are taken as they are
/// written: a moment in UTC is of its day in UTC, a local one of its local day.
package enum CalendarFile {
    /// How a calendar is read.
    package struct Options: Hashable, Sendable {
        /// Where its events happen; everywhere if `nil`.
        package var city: String?
        /// The kind of events without CATEGORIES.
        package var kind: String
        /// The years for which events of every year are written out.
        package var years: ClosedRange<Int>

        /// Makes options.
        package init(city: String? = nil, kind: String = "holiday", years: ClosedRange<Int>) {
            self.city = city
            self.kind = kind.lowercased()
            self.years = years
        }
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - options: How to read it.
    /// - Returns: The events; a bad VEVENT is a rejection with the number of its line. An event that
    ///   recurs bears its uid and day, so that each day replaces itself when the file is read again.
    /// - Throws: ``TwinsError`` when the file cannot be read or is no calendar.
    package static func read(
        _ path: String, _ options: Options
    ) throws(TwinsError) -> FeedImportResult {
        try read(Array(try FeedBytes.read(path)), named: path, options)
    }

    /// Reads the text of a file.
    static func read(
        _ text: [UInt8], named file: String, _ options: Options
    ) throws(TwinsError) -> FeedImportResult {
        var lines = CalendarLines(text)
        var calendar = CalendarEvents(options)
        var isCalendar = false
        var draft: CalendarDraft?
        while let line = lines.next() {
            guard let mark = line.mark else {
                draft?.add(line)
                continue
            }
            switch mark {
            case .begin("VCALENDAR"): isCalendar = true
            case .begin("VEVENT"):
                if let draft { calendar.rejectEndless(draft) }
                draft = CalendarDraft(line: line.number)
            case .end("VEVENT"):
                if let draft { calendar.add(draft) }
                draft = nil
            case .end("VCALENDAR"):
                if let draft { calendar.rejectEndless(draft) }
                draft = nil
            case .begin: draft?.depth += 1
            case .end: draft?.depth -= 1
            }
            guard calendar.count <= Limits.feedRecordCountMax else {
                throw TwinsError(
                    .format,
                    "\(file) has more than \(Limits.feedRecordCountMax) events. Give it in parts.")
            }
        }
        guard isCalendar else {
            throw TwinsError(
                .format, "\(file) is not a calendar: it has no BEGIN:VCALENDAR. Check the file.")
        }
        if let draft { calendar.rejectEndless(draft) }
        return calendar.reading
    }
}
