/// The purposes that context data may be used for.
///
/// A customer consents to each of them separately.
package enum ContextPurpose: String, CaseIterable, Hashable, Sendable, Codable {
    /// The weather in the customer's city.
    case weather
    /// Public holidays and events in the customer's city.
    case events
    /// Demand in the customer's city.
    case trends

    /// The purposes that are allowed without an answer of the customer: weather and trends, which
    /// are about a city.
    ///
    /// The events that a person may attend need consent.
    package static let usual: Set<ContextPurpose> = [.weather, .trends]
}
