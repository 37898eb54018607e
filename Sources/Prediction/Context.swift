/// What is known when one asks what a twin does next.
public struct Context: Sendable {
    /// What has happened so far.
    public var history: History
    /// The time of the next event, in seconds since 1970.
    public var time: Int64
    /// The type of the next event, a raw value of `EventType`.
    public var type: UInt8
    /// Whether the next event belongs to the newest moment: one more item for the same basket.
    public var sameMoment: Bool

    /// Makes a context.
    public init(history: History, time: Int64, type: UInt8, sameMoment: Bool) {
        self.history = history
        self.time = time
        self.type = type
        self.sameMoment = sameMoment
    }
}
