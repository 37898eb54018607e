package import Prediction
package import Shop

/// One event of a simulated path.
package struct SimulatedEvent: Hashable, Sendable {
    /// When, in seconds since 1970.
    package var time: Int64
    /// What is done.
    package var type: EventType
    /// The item's place in the model's catalogue.
    package var item: Int32
    /// The evidence that the item was drawn from, as its place in the mixture.
    package var source: UInt8

    /// Creates a value from its parts.
    package init(time: Int64, type: EventType, item: Int32, source: UInt8) {
        self.time = time
        self.type = type
        self.item = item
        self.source = source
    }
}

/// Many simulated futures of one twin, as a compact table.
///
/// Path `p` is the run of events `starts[p] ..< starts[p + 1]`, in order of time.
package struct Futures: Sendable {
    /// The moment from which the paths start, in seconds since 1970.
    package let origin: Int64
    /// How far the paths reach, in seconds.
    package let horizonSeconds: Int64
    /// Where each path begins in ``events``; one more than there are paths.
    package let starts: [Int]
    /// The events of all paths.
    package let events: [SimulatedEvent]
    /// The shares of evidence at the first step.
    package let shares: [(name: ExpertID, share: Float)]
    /// The probability that the customer has left for good, by how long the silence lasts; as many
    /// of the paths are empty for that.
    package let departed: Double
    /// Whether nothing was known of the customer.
    package let isCold: Bool
    /// How far, in total variation, items drawn from the LSTM by proposals were from its item head.
    ///
    /// It is the share of draws that would have to change, as estimated while paths were sampled;
    /// `nil` if the whole catalogue was gone through for each, as for small ones.
    package let itemHeadError: Double?

    package init(
        origin: Int64, horizonSeconds: Int64, paths: [[SimulatedEvent]],
        shares: [(name: ExpertID, share: Float)], departed: Double = 0, isCold: Bool,
        itemHeadError: Double? = nil
    ) {
        self.origin = origin
        self.horizonSeconds = horizonSeconds
        var starts = [0]
        for path in paths { starts.append((starts.last ?? 0) + path.count) }
        self.starts = starts
        events = paths.flatMap { $0 }
        self.shares = shares
        self.departed = departed
        self.isCold = isCold
        self.itemHeadError = itemHeadError
    }

    /// The number of paths.
    package var pathCount: Int { starts.count - 1 }

    /// The events of a path, oldest first.
    package func path(_ index: Int) -> ArraySlice<SimulatedEvent> {
        events[starts[index]..<starts[index + 1]]
    }

    /// Mean number of events in a path.
    package var meanLength: Double { Double(events.count) / Double(max(1, pathCount)) }
}
