/// A public event on one or more days, such as a holiday or a concert.
package struct CalendarEvent: Hashable, Sendable, Codable {
    /// Its id in the source.
    package var uid: String
    /// Its name.
    package var name: String
    /// Its kind in lower case, such as `holiday` or `concert`.
    package var kind: String
    /// Its city; everywhere if `nil`.
    package var city: String?
    /// Its first day, in days since 1970.
    package var firstDay: Int
    /// Its last day, in days since 1970; not before ``firstDay``.
    package var lastDay: Int

    /// Creates an event; without a last day it has one day.
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
