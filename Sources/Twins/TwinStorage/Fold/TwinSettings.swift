import Time

/// How twins are computed from events.
package struct TwinSettings: Hashable, Sendable {
    /// The half-life of an edge's weight, in seconds.
    package var halfLifeSeconds: Double
    /// The idle time that ends a visit if events have no session, in seconds.
    package var sessionIdleSeconds: Double

    /// The half-life of a new store unless given: 30 days, in seconds.
    package static let defaultHalfLifeSeconds: Double = 30 * .secondsPerDay
    /// The idle time of a new store unless given: half an hour, in seconds.
    package static let defaultSessionIdleSeconds: Double = 30 * .secondsPerMinute

    /// Creates settings.
    package init(
        halfLifeSeconds: Double = defaultHalfLifeSeconds,
        sessionIdleSeconds: Double = defaultSessionIdleSeconds
    ) {
        self.halfLifeSeconds = halfLifeSeconds
        self.sessionIdleSeconds = sessionIdleSeconds
    }
}
