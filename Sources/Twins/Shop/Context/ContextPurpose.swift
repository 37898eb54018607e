/// What the context of a customer's days may be read for, each with a consent of its own.
package enum ContextPurpose: String, CaseIterable, Hashable, Sendable, Codable {
    /// The weather in the customer's city.
    case weather
    /// Public holidays and events in the customer's city.
    case events
    /// What is in demand in the customer's city.
    case trends

    /// What a customer who has said nothing agrees to: weather and trends are of a city and say
    /// nothing of a person; what somebody may attend needs to be asked.
    package static let usual: Set<ContextPurpose> = [.weather, .trends]
}
