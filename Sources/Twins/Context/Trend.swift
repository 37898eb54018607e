/// How much more than usual people want a category on a day.
public struct Trend: Hashable, Sendable, Codable {
    /// The category of items.
    public var category: String
    /// Where; everywhere if `nil`.
    public var city: String?
    /// The day, in days since 1970.
    public var day: Int
    /// The interest as a multiple of the usual one, above 0; 1 is as usual.
    public var level: Double

    /// Makes a trend.
    public init(category: String, city: String? = nil, day: Int, level: Double) {
        self.category = category
        self.city = city
        self.day = day
        self.level = level
    }
}
