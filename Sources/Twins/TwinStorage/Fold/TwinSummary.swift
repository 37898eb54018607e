package import PropertyGraph
import Shop
import Time

/// What a twin's own node says of its log.
package struct TwinSummary: Hashable {
    var eventCount: Int
    var firstEvent: Timestamp
    var lastUpdated: Timestamp
    var lastTieBreak: UInt64
    /// The position in the journal up to which the twin's events are merged.
    package var mergedThrough: UInt64 = 0
    /// Whether the twin has returns, and they have reversed purchases in its graph.
    ///
    /// Earlier versions counted returned purchases. Their twins are folded again when they are next
    /// read or merged.
    package var reversesReturns = false

    /// The position in the log of the newest merged event.
    var moment: LogPosition { LogPosition(timestamp: lastUpdated, tieBreak: lastTieBreak) }

    /// Sums up steps in order of time; `nil` if there are none.
    package init?(_ steps: [TwinFold.Step], after summary: TwinSummary? = nil) {
        guard let first = steps.first, let last = steps.last else { return nil }
        eventCount = steps.count + (summary?.eventCount ?? 0)
        firstEvent = summary?.firstEvent ?? first.moment.timestamp
        lastUpdated = last.moment.timestamp
        lastTieBreak = last.moment.tieBreak
        reversesReturns = steps.contains(where: \.isReturn) || summary?.reversesReturns == true
    }

    /// Reads the node's properties; `nil` if there are none.
    package init?(_ properties: [String: Property]?) throws {
        guard let properties else { return nil }
        guard let count = properties["eventCount"]?.int, let exact = Int(exactly: count),
            let first = properties["firstEvent"]?.timestamp,
            let last = properties["lastUpdated"]?.timestamp,
            let tieBreak = properties["lastTieBreak"]?.int,
            let settled = properties["settledThrough"]?.int
        else {
            throw TwinsError(.corrupt, "A twin's own node is incomplete. Restore a backup.")
        }
        eventCount = exact
        firstEvent = first
        lastUpdated = last
        lastTieBreak = UInt64(bitPattern: tieBreak)
        mergedThrough = UInt64(bitPattern: settled)
        reversesReturns = properties["reversesReturns"] == .bool(true)
    }

    var properties: [String: Property] {
        var properties: [String: Property] = [
            "eventCount": .int(Int64(eventCount)), "firstEvent": .timestamp(firstEvent),
            "lastUpdated": .timestamp(lastUpdated),
            "lastTieBreak": .int(Int64(bitPattern: lastTieBreak)),
            "settledThrough": .int(Int64(bitPattern: mergedThrough)),
        ]
        if reversesReturns { properties["reversesReturns"] = .bool(true) }
        return properties
    }
}
