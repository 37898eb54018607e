package import Prediction
package import Shop

/// One event of a simulated path.
package struct SimulatedEvent: Hashable, Sendable {
    /// The time, in seconds since 1970.
    package var time: Int64
    /// The type of the event, a raw value of `EventType`.
    package var type: EventType
    /// The item's index in the model's catalogue.
    package var item: Int32
    /// The index in the mixture of the expert that the item was sampled from.
    package var expertIndex: UInt8

    /// Creates an event.
    package init(time: Int64, type: EventType, item: Int32, expertIndex: UInt8) {
        self.time = time
        self.type = type
        self.item = item
        self.expertIndex = expertIndex
    }
}

/// The simulated paths of one twin, as a compact table.
///
/// Path `p` is the run of events `starts[p] ..< starts[p + 1]`, in order of time.
package struct Futures: Sendable {
    /// The origin of the paths, in seconds since 1970.
    package let origin: Int64
    /// The length of the paths, in seconds.
    package let horizonSeconds: Int64
    /// The index in ``events`` at which each path begins; one more than there are paths.
    package let starts: [Int]
    /// The events of all paths.
    package let events: [SimulatedEvent]
    /// The mixture weights of the experts at the first step.
    package let mixtureWeights: [(name: ExpertID, weight: Float)]
    /// The probability that the customer has left for good; each path is empty with it.
    package let churnProbability: Double
    /// Whether nothing was known of the customer.
    package let isCold: Bool
    /// The total variation distance between the items sampled from proposals and the LSTM's
    /// distribution, estimated while paths were sampled.
    ///
    /// `nil` if all items were sampled exactly, as from small catalogues.
    package let itemHeadError: Double?

    /// Puts paths into a table.
    package init(
        origin: Int64, horizonSeconds: Int64, paths: [[SimulatedEvent]],
        mixtureWeights: [(name: ExpertID, weight: Float)], churnProbability: Double = 0,
        isCold: Bool, itemHeadError: Double? = nil
    ) {
        self.origin = origin
        self.horizonSeconds = horizonSeconds
        var starts = [0]
        for path in paths { starts.append((starts.last ?? 0) + path.count) }
        self.starts = starts
        events = paths.flatMap { $0 }
        self.mixtureWeights = mixtureWeights
        self.churnProbability = churnProbability
        self.isCold = isCold
        self.itemHeadError = itemHeadError
    }

    /// The number of paths.
    package var pathCount: Int { starts.count - 1 }

    /// The events of a path, oldest first.
    package func path(_ index: Int) -> ArraySlice<SimulatedEvent> {
        events[starts[index]..<starts[index + 1]]
    }

    /// The mean number of events in a path.
    package var meanLength: Double { Double(events.count) / Double(max(1, pathCount)) }
}
