/// How much more than usual people want a category on a day.
package struct Trend: Hashable, Sendable, Codable {
    /// The category of items.
    package var category: String
    /// Where; everywhere if `nil`.
    package var city: String?
    /// The day, in days since 1970.
    package var day: Int
    /// The interest as a multiple of the usual one, above 0; 1 is as usual.
    package var level: Double

    /// Makes a trend.
    package init(category: String, city: String? = nil, day: Int, level: Double) {
        self.category = category
        self.city = city
        self.day = day
        self.level = level
    }
}
