/// How twins are made from events.
package struct TwinSettings: Hashable, Sendable {
    /// The time in which an edge's weight fades by half, in seconds; 30 days unless set.
    package var halfLifeSeconds: Double
    /// The idle time that ends a visit, in seconds, where the source names no sessions.
    package var sessionIdleSeconds: Double

    /// Makes settings.
    package init(halfLifeSeconds: Double = 30 * 86_400, sessionIdleSeconds: Double = 1800) {
        self.halfLifeSeconds = halfLifeSeconds
        self.sessionIdleSeconds = sessionIdleSeconds
    }
}
