/// The weather of one day in one city.
package struct Weather: Hashable, Sendable, Codable {
    /// The mean temperature of the day, in degrees Celsius.
    package var temperature: Double
    /// Rain and melted snow of the day, in millimetres.
    package var precipitation: Double

    /// Creates the weather of a day.
    package init(temperature: Double, precipitation: Double) {
        self.temperature = temperature
        self.precipitation = precipitation
    }
}
