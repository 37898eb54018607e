package import Learning
package import Shop

/// A question about the item of a customer's next event.
package struct PredictionQuery: Sendable {
    /// The events so far.
    package var history: History
    /// The time of the next event, in seconds since 1970.
    package var time: Int64
    /// The type of the next event.
    package var type: EventType
    /// Whether the next event is one more item of the newest basket.
    package var sameBasket: Bool
    /// The LSTM's state after ``history``; `nil` to compute it.
    package var state: SequenceModel.State?

    /// Makes a query.
    package init(
        history: History, time: Int64, type: EventType, sameBasket: Bool,
        state: SequenceModel.State? = nil
    ) {
        self.history = history
        self.time = time
        self.type = type
        self.sameBasket = sameBasket
        self.state = state
    }

    /// The class of the time from the newest event to the next one.
    var gap: UInt8 {
        guard !sameBasket, let last = history.lastTime else { return 0 }
        return UInt8(max(1, TimeGap.index(seconds: time - last)))
    }

    /// The part of the week of the next event.
    var weekPart: UInt8 { UInt8(WeekPart.index(time: time)) }
}
