import Foundation
package import Shop

/// Reads public holidays and events from a calendar (iCalendar, RFC 5545).
///
/// It uses these properties of a VEVENT: UID, SUMMARY, the first of CATEGORIES as the kind,
/// DTSTART, DTEND or DURATION, STATUS, EXDATE, RECURRENCE-ID, and a yearly RRULE. A time counts for
/// the day as written: a UTC time for its day in UTC, a local time for its local day.
package enum CalendarFile {
    /// How to read a calendar.
    package struct Options: Hashable, Sendable {
        /// The city of its events; everywhere if `nil`.
        package var city: String?
        /// The kind of events without CATEGORIES.
        package var kind: String
        /// The years for which yearly events are expanded.
        package var years: ClosedRange<Int>

        /// Creates options.
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
    /// - Returns: The events; a bad VEVENT is a rejection with the number of its line. The id of
    ///   each day of a recurring event is its uid and the day: reading the file again replaces it.
    /// - Throws: ``TwinsError`` if the file cannot be read or is not a calendar.
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
                if let draft { calendar.rejectUnterminated(draft) }
                draft = CalendarDraft(line: line.number)
            case .end("VEVENT"):
                if let draft { calendar.add(draft) }
                draft = nil
            case .end("VCALENDAR"):
                if let draft { calendar.rejectUnterminated(draft) }
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
        if let draft { calendar.rejectUnterminated(draft) }
        return calendar.importResult
    }
}
