package import Time

/// The position of an event in the log of its twin.
package struct LogPosition: Hashable, Comparable, Sendable {
    package var timestamp: Timestamp
    /// The first half of the hash of the event's id; orders events of one time.
    package var tieBreak: UInt64

    /// Creates a value from its parts.
    package init(timestamp: Timestamp, tieBreak: UInt64) {
        self.timestamp = timestamp
        self.tieBreak = tieBreak
    }

    package static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.timestamp, left.tieBreak) < (right.timestamp, right.tieBreak)
    }
}
