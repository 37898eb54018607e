import Prediction

/// What one path remembers beyond the twin's past: the moments it has added.
struct PathMemory: Sendable {
    /// Time of the newest event, real or simulated.
    private(set) var time: Int64
    /// The number of moments, real and simulated.
    private(set) var momentCount: Int
    /// The newest moments, newest last; as many as transitions look back.
    private(set) var moments: [[Int32]]
    /// Whether a visit has come to nothing since the newest event.
    private var hasPassed = false
    /// The simulated events.
    private(set) var events: [SimulatedEvent] = []
    /// Repetitions of items that the path has touched, in place of those of the past.
    private(set) var repetitions: [Int32: Repetition] = [:]
    /// Items that the twin had never met before this path.
    private(set) var newItems: [Int32] = []

    init(_ history: History, origin: Int64) {
        time = origin
        momentCount = history.momentCount
        let first = max(0, history.momentCount - Transitions.reach)
        moments = (first..<history.momentCount).map { Array(history.items[history.moment($0)]) }
    }

    /// Whether an item is in the moment that is under way.
    func isInMoment(_ item: Int32) -> Bool { moments.last?.contains(item) ?? false }

    /// Lets time pass without an event.
    mutating func pass(to time: Int64) {
        hasPassed = hasPassed || time > self.time
        self.time = max(self.time, time)
    }

    /// Whether an event after a gap of some class is of the moment that is under way.
    func isSameMoment(gap: UInt8) -> Bool { gap == 0 && !moments.isEmpty && !hasPassed }

    /// Adds an event after a gap of some class.
    mutating func append(_ event: SimulatedEvent, gap: UInt8, past: Repetition?) {
        if isSameMoment(gap: gap) {
            moments[moments.count - 1].append(event.item)
        } else {
            momentCount += 1
            moments.append([event.item])
            if moments.count > Transitions.reach { moments.removeFirst() }
        }
        hasPassed = false
        let moment = momentCount - 1
        if past == nil, repetitions[event.item] == nil { newItems.append(event.item) }
        var repetition =
            repetitions[event.item] ?? past
            ?? Repetition(moment: moment, time: event.time, type: event.type)
        repetition.observe(moment: moment, time: event.time, type: event.type)
        repetitions[event.item] = repetition
        time = event.time
        events.append(event)
    }
}
