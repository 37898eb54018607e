import Foundation
package import Shop

/// What one item has meant to a twin up to a moment.
///
/// A return takes the latest earlier purchase of the item out of the contacts; it is a contact
/// itself. When the item was first met stays as it was.
package struct ItemRecurrence: Sendable {
    /// The moments of first and last contact, counted from the oldest.
    package private(set) var firstBasket: Int
    /// The moment of the last contact.
    package private(set) var lastBasket: Int
    /// In how many moments the item occurred.
    package private(set) var count = 1
    /// The time of the first contact, in seconds.
    package private(set) var firstTime: Int64
    /// The time of the last contact, in seconds.
    package private(set) var lastTime: Int64
    /// Type of the last contact.
    package private(set) var lastType: EventType
    /// Contacts that fade by a factor with each moment, as of the last one: slow and fast.
    private(set) var faded = SIMD2<Float>(1, 1)

    /// The newest moments with a purchase of the item that no return has taken back, newest first.
    ///
    /// Each is a moment times two, plus one if it has other contacts with the item too. −1 stands
    /// for none.
    private var purchases = SIMD4<Int32>(repeating: -1)

    /// The factors by which contacts fade with each moment.
    static let fading = SIMD2<Float>(0.97, 0.85)

    /// The first contact.
    package init(moment: Int, time: Int64, type: EventType) {
        firstBasket = moment
        lastBasket = moment
        firstTime = time
        lastTime = time
        lastType = type
        if type == .purchase { purchases[0] = Int32(moment) << 1 }
    }

    /// A further contact.
    package mutating func observe(moment: Int, time: Int64, type: EventType) {
        let isFirst = moment != lastBasket
        if type == .return { takeBackPurchase(before: moment) }
        if isFirst {
            faded = faded(at: moment) + 1
            count += 1
        }
        let isBoughtNow = Int(purchases[0] >> 1) == moment
        if type == .purchase, !isBoughtNow {
            purchases = SIMD4(
                Int32(moment) << 1 | (isFirst ? 0 : 1), purchases[0], purchases[1], purchases[2])
        } else if type != .purchase, isBoughtNow {
            purchases[0] |= 1
        }
        lastBasket = moment
        lastTime = time
        lastType = type
    }

    /// Takes the latest purchase before a moment out of the contacts.
    ///
    /// The newest four purchases are known.
    private mutating func takeBackPurchase(before moment: Int) {
        let lanes = purchases.indices
        guard let lane = lanes.first(where: { Int(purchases[$0] >> 1) < moment }),
            purchases[lane] >= 0
        else { return }
        let bought = purchases[lane]
        for next in lane..<lanes.upperBound - 1 { purchases[next] = purchases[next + 1] }
        purchases[lanes.upperBound - 1] = -1
        guard bought & 1 == 0 else { return }
        count -= 1
        let rest = faded - MomentTables.fading(lastBasket - Int(bought >> 1))
        faded = rest.replacing(with: 0, where: rest .< 0)
    }

    /// The mean number of seconds from one contact to the next; `nil` for an item without a rhythm,
    /// because it was met only once or all at one time.
    var meanGap: Float? {
        count > 1 && lastTime > firstTime ? Float(lastTime - firstTime) / Float(count - 1) : nil
    }

    /// The faded contacts as of a later moment.
    func faded(at moment: Int) -> SIMD2<Float> {
        faded * MomentTables.fading(moment - lastBasket)
    }
}

/// Functions of a number of moments, which is small and asked for again and again.
enum MomentTables {
    private static let count = 2048
    private static let logs = (0..<count).map { Foundation.log(Float($0)) }
    private static let logsAfterHalf = (0..<count).map { Foundation.log(Float($0) + 0.5) }
    private static let fadings = (0..<count).map {
        SIMD2(pow(ItemRecurrence.fading.x, Float($0)), pow(ItemRecurrence.fading.y, Float($0)))
    }

    /// log n, for n from 0.
    static func log(_ n: Int) -> Float { n < count ? logs[n] : Foundation.log(Float(n)) }

    /// log (n + ½), for n from 0.
    static func logAfterHalf(_ n: Int) -> Float {
        n < count ? logsAfterHalf[n] : Foundation.log(Float(n) + 0.5)
    }

    /// What is left of a contact after so many moments, from 0.
    static func fading(_ moments: Int) -> SIMD2<Float> {
        moments < count ? fadings[moments] : SIMD2(0, 0)
    }
}

/// Follows a twin's contacts with its items, moment by moment.
package struct RecurrenceTracker: Sendable {
    /// The items in order of first contact.
    package private(set) var items: [Int32] = []
    /// What each of ``items`` has meant so far.
    package private(set) var repetitions: [ItemRecurrence] = []
    /// The number of moments seen.
    package private(set) var basketCount = 0
    private var slots: [Int32: Int] = [:]

    init() {}

    /// Follows a whole history.
    package init(_ history: History) {
        for moment in 0..<history.basketCount { observe(history, events: history.moment(moment)) }
    }

    /// Takes in the next moment.
    mutating func observe(_ history: History, events: Range<Int>) {
        for event in events {
            let (item, time, type) = (
                history.items[event], history.times[event], history.types[event]
            )
            if let slot = slots[item] {
                repetitions[slot].observe(moment: basketCount, time: time, type: type)
            } else {
                slots[item] = items.count
                items.append(item)
                repetitions.append(ItemRecurrence(moment: basketCount, time: time, type: type))
            }
        }
        basketCount += 1
    }

    /// What an item has meant so far; `nil` if the twin has not met it.
    package func repetition(of item: Int32) -> ItemRecurrence? {
        slot(of: item).map { repetitions[$0] }
    }

    /// The place of an item in ``items``; `nil` if the twin has not met it.
    package func slot(of item: Int32) -> Int? { slots[item] }
}

/// What the probability of a repetition depends on: numbers, and classes of which one holds each.
///
/// Every weight is kept for each type of event that may be asked for.
struct RecurrenceFeatures {
    /// Numbers, each as a logarithm: rate of contacts, contacts faded slowly and fast, moments since
    /// the last, and the four of the item's habit, of which the gap is set beside these moments.
    static let numberCount = 8
    /// Classes of which one holds each.
    static let classCount = 5
    /// Which of them is how due the item is by the twin's own rhythm.
    private static let dueClass = 2
    private static let recencyBounds: [Float] = [2, 3, 4, 6, 9, 14, 21, 36]
    private static let countBounds: [Float] = [2, 3, 4, 6, 10, 20, 40]
    private static let dueBounds: [Float] = [0.25, 0.5, 0.75, 0.9, 1.1, 1.35, 1.75, 2.5, 4]
    /// Boundaries between classes of how due an item is.
    static var dueBoundCount: Int { dueBounds.count }
    private static let recencyCount = recencyBounds.count + 1
    private static let countCount = countBounds.count + 1
    /// One more than the bounds give: an item met only once has no rhythm.
    private static let dueCount = dueBounds.count + 2
    private static let habitCount = dueBounds.count + 1
    /// Weights for each type asked for, without those of the last contact's types.
    private static let fixedStride =
        1 + numberCount + recencyCount + countCount + dueCount + habitCount

    /// Where the weights are in a model that knows some event types.
    ///
    /// Types are told apart in the question and in the last contact. A type that a model does not
    /// know counts as the last one that it knows.
    struct Layout: Sendable {
        /// The event types.
        let eventTypes: EventVocabulary
        /// Weights for each type asked for: bias, numbers, classes.
        let stride: Int

        init(_ eventTypes: EventVocabulary) {
            self.eventTypes = eventTypes
            stride = fixedStride + eventTypes.count
        }

        /// The number of weights.
        var weightCount: Int { eventTypes.count * stride }

        func index(of type: EventType) -> Int {
            min(Int(eventTypes.index(of: type)), eventTypes.count - 1)
        }
    }

    /// Where the weights of the type asked for begin; the first is the bias.
    let base: Int
    /// The numbers.
    let numbers: SIMD8<Float>
    /// The places of the classes' weights: recency, count, how due by the twin's own rhythm and by
    /// everybody's, last type.
    let classes: SIMD8<Int32>

    init(
        _ repetition: ItemRecurrence, _ habit: ItemRepeatStatistics.Habit, moments: Int,
        time: Int64, type: EventType, _ layout: Layout
    ) {
        let age = moments - repetition.lastBasket
        let span = moments - repetition.firstBasket
        let faded = repetition.faded(at: moments)
        numbers = SIMD8(
            MomentTables.logAfterHalf(repetition.count) - MomentTables.log(span + 4),
            log(faded.x + 0.02), log(faded.y + 0.02), MomentTables.log(age), habit.rate,
            habit.returns, MomentTables.log(age) - habit.gap, habit.popularity)
        let due =
            repetition.meanGap.map {
                Self.place(Float(max(0, time - repetition.lastTime)) / $0, Self.dueBounds)
            } ?? Self.dueCount - 1
        base = layout.index(of: type) * layout.stride
        var first = base + 1 + Self.numberCount
        var places = SIMD8<Int32>()
        places[0] = Int32(first + Self.place(Float(age), Self.recencyBounds))
        first += Self.recencyCount
        places[1] = Int32(first + Self.place(Float(repetition.count), Self.countBounds))
        first += Self.countCount
        places[Self.dueClass] = Int32(first + due)
        first += Self.dueCount
        places[3] = Int32(first + Self.place(Float(age) / habit.meanGap, Self.dueBounds))
        first += Self.habitCount
        places[4] = Int32(first + layout.index(of: repetition.lastType))
        classes = places
    }

    /// The log-odds that the weights give.
    func logit(_ weights: [Float]) -> Float {
        var sum = weights[base]
        for index in 0..<Self.numberCount { sum += weights[base + 1 + index] * numbers[index] }
        for index in 0..<Self.classCount { sum += weights[Int(classes[index])] }
        return sum
    }

    /// The log-odds but for the weight of how due the item is by the twin's own rhythm.
    ///
    /// It is the only part that depends on the time.
    func logitButDue(_ weights: [Float]) -> Float {
        logit(weights) - weights[Int(classes[Self.dueClass])]
    }

    /// The weights of how due an item is, for a type asked for: of each class in the order of time,
    /// and of an item without a rhythm.
    static func dueWeights(
        _ weights: [Float], type: EventType, _ layout: Layout
    ) -> (inOrder: [Float], none: Float) {
        let first =
            layout.index(of: type) * layout.stride + 1 + numberCount + recencyCount + countCount
        return (Array(weights[first..<first + dueCount - 1]), weights[first + dueCount - 1])
    }

    /// The times, in seconds since 1970, from which each class but the first of how due an item is
    /// holds; `nil` without a rhythm.
    static func dueTimes(_ repetition: ItemRecurrence) -> [Double]? {
        repetition.meanGap.map { mean in
            dueBounds.map { Double(repetition.lastTime) + Double($0) * Double(mean) }
        }
    }

    private static func place(_ value: Float, _ bounds: [Float]) -> Int {
        var index = 0
        while index < bounds.count, value >= bounds[index] { index += 1 }
        return index
    }
}
