import Learning

/// What one item has meant to a twin up to a moment.
package struct Repetition: Sendable {
    /// The moments of first and last contact, counted from the oldest.
    package var firstMoment: Int
    package var lastMoment: Int
    /// In how many moments the item occurred.
    package var count: Int
    /// Times of first and last contact, in seconds.
    package var firstTime: Int64
    package var lastTime: Int64
    /// Type of the last contact.
    package var lastType: UInt8

    /// Makes what an item has meant.
    package init(
        firstMoment: Int, lastMoment: Int, count: Int, firstTime: Int64, lastTime: Int64,
        lastType: UInt8
    ) {
        self.firstMoment = firstMoment
        self.lastMoment = lastMoment
        self.count = count
        self.firstTime = firstTime
        self.lastTime = lastTime
        self.lastType = lastType
    }
}

/// Follows a twin's contacts with its items, moment by moment.
package struct RepetitionTracker: Sendable {
    /// The items in order of first contact.
    package private(set) var items: [Int32] = []
    /// What each of ``items`` has meant so far.
    package private(set) var repetitions: [Repetition] = []
    /// The number of moments seen.
    private(set) var momentCount = 0
    private var slots: [Int32: Int] = [:]

    init() {}

    /// Follows a whole history.
    package init(_ history: History) {
        for moment in 0..<history.momentCount { observe(history, events: history.moment(moment)) }
    }

    /// Takes in the next moment.
    mutating func observe(_ history: History, events: Range<Int>) {
        for event in events {
            observe(
                item: history.items[event], type: history.types[event], time: history.times[event])
        }
        momentCount += 1
    }

    /// Takes in one event of the moment that is under way.
    mutating func observe(item: Int32, type: UInt8, time: Int64) {
        guard let slot = slots[item] else {
            slots[item] = items.count
            items.append(item)
            repetitions.append(
                Repetition(
                    firstMoment: momentCount, lastMoment: momentCount, count: 1, firstTime: time,
                    lastTime: time, lastType: type))
            return
        }
        if repetitions[slot].lastMoment != momentCount { repetitions[slot].count += 1 }
        repetitions[slot].lastMoment = momentCount
        repetitions[slot].lastTime = time
        repetitions[slot].lastType = type
    }

    /// Whether the twin has met an item.
    package func contains(_ item: Int32) -> Bool { slots[item] != nil }

    /// What an item has meant so far.
    package func repetition(of item: Int32) -> Repetition? { slots[item].map { repetitions[$0] } }
}

/// The cells in which repetitions are counted, coarse to fine.
///
/// Level 0 tells moments since the last contact, number of contacts and the type asked for; each
/// further level adds one feature: contacts per moment, how due the item is, type of last contact.
enum RepetitionCells {
    static let typeCount = 10
    static let recencyBounds = [1, 2, 3, 4, 6, 9, 14, 21, 36]
    static let countBounds = [2, 3, 4, 6, 10, 20]
    static let rateBounds: [Float] = [0.03, 0.06, 0.12, 0.25, 0.5]
    static let dueBounds: [Float] = [0.25, 0.5, 0.75, 1, 1.35, 2, 4]
    static let recencyCount = recencyBounds.count + 1
    static let countCount = countBounds.count + 1
    static let rateCount = rateBounds.count + 1
    /// One more than the bounds give: an item met only once has no rhythm.
    static let dueCount = dueBounds.count + 2
    /// Numbers of cells of the levels.
    static let sizes: [Int] = {
        let first = typeCount * recencyCount * countCount
        return [
            first, first * rateCount, first * rateCount * dueCount,
            first * rateCount * dueCount * typeCount,
        ]
    }()
    /// How many cells of each level one cell of the level above divides into.
    static let fanOut = [recencyCount * countCount, rateCount, dueCount, typeCount]

    /// The cell of the finest level; the coarser ones follow by division by ``fanOut``.
    static func cell(
        _ repetition: Repetition, moments: Int, time: Int64, type: UInt8
    ) -> Int {
        let recency = bucket(moments - repetition.lastMoment, recencyBounds)
        let count = bucket(repetition.count, countBounds)
        let span = max(1, moments - repetition.firstMoment)
        let rate = bucket(Float(repetition.count) / Float(span), rateBounds)
        let due: Int
        if repetition.count < 2 || repetition.lastTime <= repetition.firstTime {
            due = dueCount - 1
        } else {
            let gap =
                Float(repetition.lastTime - repetition.firstTime) / Float(repetition.count - 1)
            due = bucket(Float(max(0, time - repetition.lastTime)) / gap, dueBounds)
        }
        var cell = Int(min(type, UInt8(typeCount - 1)))
        cell = cell * recencyCount + recency
        cell = cell * countCount + count
        cell = cell * rateCount + rate
        cell = cell * dueCount + due
        return cell * typeCount + Int(min(repetition.lastType, UInt8(typeCount - 1)))
    }

    private static func bucket<Value: Comparable>(_ value: Value, _ bounds: [Value]) -> Int {
        var index = 0
        while index < bounds.count, value >= bounds[index] { index += 1 }
        return index
    }
}
