/// Something public that happens on some days: a holiday, a concert.
public struct CalendarEvent: Hashable, Sendable, Codable {
    /// The id that its source gave it.
    public var uid: String
    /// What it is called.
    public var name: String
    /// What sort of event it is, in lower case: `holiday`, `concert`.
    public var kind: String
    /// Where it happens; everywhere if `nil`.
    public var city: String?
    /// Its first day, in days since 1970.
    public var firstDay: Int
    /// Its last day, in days since 1970; not before ``firstDay``.
    public var lastDay: Int

    /// Makes an event; one of a single day unless a last day is given.
    public init(
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
