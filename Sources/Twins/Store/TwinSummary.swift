import PropertyGraph

/// What a twin's own node says of its log.
struct TwinSummary: Hashable {
    var eventCount: Int
    var firstEvent: Timestamp
    var lastUpdated: Timestamp
    var lastTieBreak: UInt64

    /// Sums up steps in order of time; `nil` if there are none.
    init?(_ steps: [TwinFold.Step], after summary: TwinSummary? = nil) {
        guard let first = steps.first, let last = steps.last else { return nil }
        eventCount = steps.count + (summary?.eventCount ?? 0)
        firstEvent = summary?.firstEvent ?? first.event.timestamp
        lastUpdated = last.event.timestamp
        lastTieBreak = last.tieBreak
    }

    /// Reads the node's properties; `nil` if there are none.
    init?(_ properties: [String: Property]?) throws {
        guard let properties else { return nil }
        guard let count = properties["eventCount"]?.int, let exact = Int(exactly: count),
            let first = properties["firstEvent"]?.timestamp,
            let last = properties["lastUpdated"]?.timestamp,
            let tieBreak = properties["lastTieBreak"]?.int
        else {
            throw TwinsError(.corrupt, "A twin's own node is incomplete. Restore a backup.")
        }
        eventCount = exact
        firstEvent = first
        lastUpdated = last
        lastTieBreak = UInt64(bitPattern: tieBreak)
    }

    var properties: [String: Property] {
        [
            "eventCount": .int(Int64(eventCount)), "firstEvent": .timestamp(firstEvent),
            "lastUpdated": .timestamp(lastUpdated),
            "lastTieBreak": .int(Int64(bitPattern: lastTieBreak)),
        ]
    }
}
