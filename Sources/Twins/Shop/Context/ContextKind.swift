/// The kinds of feeds.
package enum ContextKind: String, CaseIterable, Hashable, Sendable, Codable {
    /// The weather of cities by day.
    case weather
    /// Public holidays and events.
    case events
    /// Demand for categories.
    case trends
    /// Temporary prices.
    case offers
}
