import Shop
import Time

/// Builds the events of a calendar from its VEVENTs.
struct CalendarEvents {
    private let options: CalendarFile.Options
    private var result = FeedImportResult()
    /// The events, in the order of the file; `nil` for an event that was removed.
    private var events: [CalendarEvent?] = []
    /// The index of each uid in `events`.
    private var indices: [String: Int] = [:]
    /// Changes of single days of recurring events, `nil` to cancel a day.
    ///
    /// They count wherever in the file they are.
    private var overrides: [(uid: String, event: CalendarEvent?)] = []

    init(_ options: CalendarFile.Options) { self.options = options }

    /// The number of events, overrides and rejections so far.
    var count: Int { events.count + overrides.count + result.rejections.count }

    /// The events with the overrides applied, and the rejections and warnings.
    var importResult: FeedImportResult {
        var whole = self
        for (uid, event) in overrides {
            if let event { whole.put(event) } else { whole.remove(uid) }
        }
        var imported = result
        imported.feeds.events = whole.events.compactMap(\.self)
        return imported
    }

    /// Adds the events of a VEVENT; a bad VEVENT adds a rejection.
    mutating func add(_ draft: CalendarDraft) {
        do throws(Rejection) {
            try read(draft)
        } catch {
            result.rejections.append(error.at(error.position ?? .line(draft.line)))
        }
    }

    /// Adds the rejection of a VEVENT without an end.
    mutating func rejectUnterminated(_ draft: CalendarDraft) {
        result.rejections.append(
            Rejection(.calendar, "it lacks its END:VEVENT", at: .line(draft.line)))
    }

    private mutating func read(_ draft: CalendarDraft) throws(Rejection) {
        guard let uid = try draft.text("UID") else { throw Rejection(.missing, "UID") }
        guard let startLine = try draft.line("DTSTART") else {
            throw Rejection(.missing, "DTSTART")
        }
        let start = try CalendarTime(startLine)
        let status = try draft.text("STATUS")?.uppercased()
        var day: Int?
        if let line = try draft.line("RECURRENCE-ID") { day = try CalendarTime(line).day }
        if status == "CANCELLED" {
            if let day { overrides.append((Self.uid(uid, on: day), nil)) }
            return
        }
        let length = try lastDay(draft, from: start) - start.day
        var event = CalendarEvent(
            uid: uid, name: "", kind: try kind(draft), city: options.city, firstDay: start.day,
            lastDay: start.day + length)
        event.name = try draft.text("SUMMARY") ?? event.kind
        if let day {
            event.uid = Self.uid(uid, on: day)
            try ContextRules.check(event)
            overrides.append((event.uid, event))
            return
        }
        let isRecurring = !draft.lines("RRULE").isEmpty
        for day in try days(draft, from: start.day) {
            var occurrence = event
            if isRecurring { occurrence.uid = Self.uid(uid, on: day) }
            occurrence.firstDay = day
            occurrence.lastDay = day + length
            try ContextRules.check(occurrence)
            if indices[occurrence.uid] != nil {
                warn(draft.line, "its UID came before; this one counts")
            }
            put(occurrence)
        }
    }

    /// The first days of all occurrences.
    private mutating func days(
        _ draft: CalendarDraft, from start: Int
    ) throws(Rejection) -> [Int] {
        var excluded: Set<Int> = []
        for line in draft.lines("EXDATE") {
            for text in line.value.split(separator: UInt8(ascii: ",")) {
                let part = CalendarLine(number: line.number, name: line.name, value: text)
                excluded.insert(try CalendarTime(part).day)
            }
        }
        if let line = draft.lines("RDATE").first {
            warn(line.number, "RDATE is not understood; its further days are left out")
        }
        let rules = draft.lines("RRULE")
        var days = [start]
        if rules.count == 1, let rule = YearlyRule(rules[0].value, firstDay: start) {
            days = rule.days(from: start, in: options.years)
        } else if let line = rules.first {
            warn(
                line.number,
                "only rules of every year are understood; the event is taken once, on its first "
                    + "day")
        }
        return days.filter { !excluded.contains($0) }
    }

    /// The last day of an event.
    private func lastDay(
        _ draft: CalendarDraft, from start: CalendarTime
    ) throws(Rejection) -> Int {
        var end = start.seconds
        if let line = try draft.line("DTEND") {
            end = try CalendarTime(line).seconds
            guard end >= start.seconds else {
                throw Rejection(.order, "DTEND is before DTSTART", at: .line(line.number))
            }
        } else if let line = try draft.line("DURATION") {
            guard let seconds = CalendarTime.seconds(ofDuration: line.value) else {
                throw Rejection(
                    .timestamp, "DURATION has to be such as P1D or PT2H30M", at: .line(line.number))
            }
            end += seconds
        }
        // The end is exclusive: an event that ends at midnight ends on the day before.
        return max(start.day, Day.number(ofSecond: Int64(end - 1)))
    }

    private func kind(_ draft: CalendarDraft) throws(Rejection) -> String {
        guard let line = draft.lines("CATEGORIES").first,
            let kind = try CalendarText.first(line)
        else { return options.kind }
        return kind.lowercased()
    }

    // MARK: Results

    private mutating func put(_ event: CalendarEvent) {
        if let index = indices[event.uid] {
            events[index] = event
        } else {
            indices[event.uid] = events.count
            events.append(event)
        }
    }

    private mutating func remove(_ uid: String) {
        if let index = indices.removeValue(forKey: uid) { events[index] = nil }
    }

    private mutating func warn(_ line: Int, _ text: String) {
        result.warningCount += 1
        guard result.warnings.count < Limits.warningCountMax else { return }
        result.warnings.append(FeedImportResult.ImportWarning(line: line, text: text))
    }

    private static func uid(_ uid: String, on day: Int) -> String { "\(uid)/\(Day.text(day))" }
}
