/// The demand for a category on one day.
package struct Trend: Hashable, Sendable, Codable {
    /// The category of items.
    package var category: String
    /// The city; everywhere if `nil`.
    package var city: String?
    /// The day, in days since 1970.
    package var day: Int
    /// The demand as a multiple of the baseline, above 0; 1 is the baseline.
    package var level: Double

    /// Creates a trend.
    package init(category: String, city: String? = nil, day: Int, level: Double) {
        self.category = category
        self.city = city
        self.day = day
        self.level = level
    }
}
