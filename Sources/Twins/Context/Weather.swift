/// The weather of one day in one city.
public struct Weather: Hashable, Sendable, Codable {
    /// The mean temperature of the day, in degrees Celsius.
    public var temperature: Double
    /// Rain and melted snow of the day, in millimetres.
    public var precipitation: Double

    /// Makes the weather of a day.
    public init(temperature: Double, precipitation: Double) {
        self.temperature = temperature
        self.precipitation = precipitation
    }
}
