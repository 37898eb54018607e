/// Something public that happens on some days: a holiday, a concert.
package struct CalendarEvent: Hashable, Sendable, Codable {
    /// The id that its source gave it.
    package var uid: String
    /// What it is called.
    package var name: String
    /// What sort of event it is, in lower case: `holiday`, `concert`.
    package var kind: String
    /// Where it happens; everywhere if `nil`.
    package var city: String?
    /// Its first day, in days since 1970.
    package var firstDay: Int
    /// Its last day, in days since 1970; not before ``firstDay``.
    package var lastDay: Int

    /// Makes an event; one of a single day unless a last day is given.
    package init(
        uid: String, name: String, kind: String, city: String? = nil, firstDay: Int,
        lastDay: Int? = nil
    ) {
        self.uid = uid
        self.name = name
        self.kind = kind
        self.city = city
        self.firstDay = firstDay
        self.lastDay = max(firstDay, lastDay ?? firstDay)
    }
}
