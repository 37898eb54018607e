/// The kinds of feeds.
package enum ContextKind: String, CaseIterable, Hashable, Sendable, Codable {
    /// The weather of cities by day.
    case weather
    /// Public holidays and events.
    case events
    /// What is in demand.
    case trends
    /// Prices other than the usual ones.
    case offers
}
