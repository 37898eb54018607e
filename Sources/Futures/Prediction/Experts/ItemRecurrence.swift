import Foundation
package import Shop

/// A customer's contacts with one item up to a basket: how often, when first and when last.
///
/// A return removes the latest earlier purchase of the item from the contacts; it is a contact
/// itself. The first contact stays as it was.
package struct ItemRecurrence: Sendable {
    /// The basket of the first contact, counted from the oldest.
    package private(set) var firstBasket: Int
    /// The basket of the last contact, counted from the oldest.
    package private(set) var lastBasket: Int
    /// The number of baskets with the item.
    package private(set) var count = 1
    /// The time of the first contact, in seconds since 1970.
    package private(set) var firstTime: Int64
    /// The time of the last contact, in seconds since 1970.
    package private(set) var lastTime: Int64
    /// The type of the last contact.
    package private(set) var lastType: EventType
    /// Decayed counts of contacts as of the last one: slow and fast.
    private(set) var faded = SIMD2<Float>(1, 1)

    /// The newest baskets with a purchase of the item that no return has reversed, newest first.
    ///
    /// Each is the index of a basket times two, plus one if the basket has other contacts with the
    /// item too. −1 stands for none.
    private var purchases = SIMD4<Int32>(repeating: -1)

    /// The decay of the two counts with each basket.
    static let fading = SIMD2<Float>(0.97, 0.85)

    /// Makes the recurrence of an item at its first contact.
    package init(basket: Int, time: Int64, type: EventType) {
        firstBasket = basket
        lastBasket = basket
        firstTime = time
        lastTime = time
        lastType = type
        if type == .purchase { purchases[0] = Int32(basket) << 1 }
    }

    /// Adds a contact.
    package mutating func observe(basket: Int, time: Int64, type: EventType) {
        let isFirst = basket != lastBasket
        if type == .return { reversePurchase(before: basket) }
        if isFirst {
            faded = faded(at: basket) + 1
            count += 1
        }
        let isBoughtNow = Int(purchases[0] >> 1) == basket
        if type == .purchase, !isBoughtNow {
            purchases = SIMD4(
                Int32(basket) << 1 | (isFirst ? 0 : 1), purchases[0], purchases[1], purchases[2])
        } else if type != .purchase, isBoughtNow {
            purchases[0] |= 1
        }
        lastBasket = basket
        lastTime = time
        lastType = type
    }

    /// Removes the latest purchase before a basket from the contacts.
    ///
    /// Only the newest four purchases are known.
    private mutating func reversePurchase(before basket: Int) {
        let lanes = purchases.indices
        guard let lane = lanes.first(where: { Int(purchases[$0] >> 1) < basket }),
            purchases[lane] >= 0
        else { return }
        let bought = purchases[lane]
        for next in lane..<lanes.upperBound - 1 { purchases[next] = purchases[next + 1] }
        purchases[lanes.upperBound - 1] = -1
        guard bought & 1 == 0 else { return }
        count -= 1
        let rest = faded - BasketCountTables.fading(lastBasket - Int(bought >> 1))
        faded = rest.replacing(with: 0, where: rest .< 0)
    }

    /// The mean number of seconds from one contact to the next.
    ///
    /// `nil` for an item without a rhythm: with one contact, or with all contacts at one time.
    var meanGap: Float? {
        count > 1 && lastTime > firstTime ? Float(lastTime - firstTime) / Float(count - 1) : nil
    }

    /// The decayed counts as of a later basket.
    func faded(at basket: Int) -> SIMD2<Float> {
        faded * BasketCountTables.fading(basket - lastBasket)
    }
}

/// Tables of functions of a number of baskets; numbers beyond the tables are computed.
enum BasketCountTables {
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

    /// The weight of a contact `baskets` baskets ago, from 0 up; beyond the table it is 0.
    static func fading(_ baskets: Int) -> SIMD2<Float> {
        baskets < count ? fadings[baskets] : SIMD2(0, 0)
    }
}

/// Tracks a customer's contacts with items, basket by basket.
package struct RecurrenceTracker: Sendable {
    /// The items in order of first contact.
    package private(set) var items: [Int32] = []
    /// The recurrence of each of ``items`` so far.
    package private(set) var recurrences: [ItemRecurrence] = []
    /// The number of baskets observed.
    package private(set) var basketCount = 0
    private var slots: [Int32: Int] = [:]

    init() {}

    /// Observes a whole history.
    package init(_ history: History) {
        for basket in 0..<history.basketCount { observe(history, events: history.basket(basket)) }
    }

    /// Adds the next basket.
    mutating func observe(_ history: History, events: Range<Int>) {
        for event in events {
            let (item, time, type) = (
                history.items[event], history.times[event], history.types[event]
            )
            if let slot = slots[item] {
                recurrences[slot].observe(basket: basketCount, time: time, type: type)
            } else {
                slots[item] = items.count
                items.append(item)
                recurrences.append(ItemRecurrence(basket: basketCount, time: time, type: type))
            }
        }
        basketCount += 1
    }

    /// The recurrence of an item so far; `nil` without contact.
    package func recurrence(of item: Int32) -> ItemRecurrence? {
        slot(of: item).map { recurrences[$0] }
    }

    /// The index of an item in ``items``; `nil` without contact.
    package func slot(of item: Int32) -> Int? { slots[item] }
}

/// The features of the repeat purchase regression: numbers, and classes in one-hot coding.
///
/// Each event type that a query may ask for has its own weights.
struct RecurrenceFeatures {
    /// The number of numeric features, all logarithms.
    ///
    /// They are the rate of contacts, contacts with slow and with fast decay, baskets since the
    /// last contact, and the four of the item's habit. The habit's gap is relative to the baskets
    /// since the last contact.
    static let numberCount = 8
    /// The number of class features.
    static let classCount = 5
    /// The index of the class feature that says how due the item is by the customer's own rhythm.
    private static let dueClass = 2
    private static let recencyBounds: [Float] = [2, 3, 4, 6, 9, 14, 21, 36]
    private static let countBounds: [Float] = [2, 3, 4, 6, 10, 20, 40]
    private static let dueBounds: [Float] = [0.25, 0.5, 0.75, 0.9, 1.1, 1.35, 1.75, 2.5, 4]
    /// The number of boundaries between the classes of how due an item is.
    static var dueBoundCount: Int { dueBounds.count }
    private static let recencyCount = recencyBounds.count + 1
    private static let countCount = countBounds.count + 1
    /// One class more than the bounds give, for items without a rhythm.
    private static let dueCount = dueBounds.count + 2
    private static let habitCount = dueBounds.count + 1
    /// The number of weights of one event type, without those of the last contact's type.
    private static let fixedStride =
        1 + numberCount + recencyCount + countCount + dueCount + habitCount

    /// The layout of the weights of a model with some event types.
    ///
    /// The types are those of the query and of the last contact. A type that the model does not
    /// know counts as the last one that it knows.
    struct Layout: Sendable {
        /// The number of event types.
        let typeCount: Int
        /// The number of weights of one event type: bias, numbers, classes.
        let stride: Int
        /// The index of each type by its raw value.
        ///
        /// A vector, not an array: the layout is read in inner loops, and counting references would
        /// cost more than the arithmetic.
        private var indices = SIMD64<UInt8>(repeating: EventVocabulary.unknownIndex)

        init(_ eventTypes: EventVocabulary) {
            typeCount = eventTypes.count
            stride = fixedStride + typeCount
            for type in EventType.allCases where Int(type.rawValue) < indices.scalarCount {
                indices[Int(type.rawValue)] = eventTypes.index(of: type)
            }
        }

        /// The number of all weights.
        var weightCount: Int { typeCount * stride }

        /// The index of a type; that of the last one for a type that the model does not know.
        func index(of type: EventType) -> Int {
            let raw = Int(type.rawValue)
            return raw < indices.scalarCount
                ? min(Int(indices[raw]), typeCount - 1) : typeCount - 1
        }
    }

    /// The index of the first weight of the query's event type, which is the bias.
    let base: Int
    /// The numeric features.
    let numbers: SIMD8<Float>
    /// The indices of the classes' weights: recency, count, how due by the customer's own rhythm
    /// and by that of all customers, last type.
    let classes: SIMD8<Int32>

    init(
        _ recurrence: ItemRecurrence, _ habit: ItemRepeatStatistics.Habit, baskets: Int,
        time: Int64, type: EventType, _ layout: Layout
    ) {
        let age = baskets - recurrence.lastBasket
        let span = baskets - recurrence.firstBasket
        let faded = recurrence.faded(at: baskets)
        numbers = SIMD8(
            BasketCountTables.logAfterHalf(recurrence.count) - BasketCountTables.log(span + 4),
            log(faded.x + 0.02), log(faded.y + 0.02), BasketCountTables.log(age), habit.rate,
            habit.returns, BasketCountTables.log(age) - habit.gap, habit.popularity)
        let due =
            recurrence.meanGap.map {
                Self.classIndex(Float(max(0, time - recurrence.lastTime)) / $0, Self.dueBounds)
            } ?? Self.dueCount - 1
        base = layout.index(of: type) * layout.stride
        var first = base + 1 + Self.numberCount
        var indices = SIMD8<Int32>()
        indices[0] = Int32(first + Self.classIndex(Float(age), Self.recencyBounds))
        first += Self.recencyCount
        indices[1] = Int32(first + Self.classIndex(Float(recurrence.count), Self.countBounds))
        first += Self.countCount
        indices[Self.dueClass] = Int32(first + due)
        first += Self.dueCount
        indices[3] = Int32(first + Self.classIndex(Float(age) / habit.meanGap, Self.dueBounds))
        first += Self.habitCount
        indices[4] = Int32(first + layout.index(of: recurrence.lastType))
        classes = indices
    }

    /// The log-odds under some weights.
    func logit(_ weights: [Float]) -> Float {
        var sum = weights[base]
        for index in 0..<Self.numberCount { sum += weights[base + 1 + index] * numbers[index] }
        for index in 0..<Self.classCount { sum += weights[Int(classes[index])] }
        return sum
    }

    /// The log-odds without the weight of how due the item is by the customer's own rhythm.
    ///
    /// That weight is the only part that depends on the time.
    func logitWithoutDue(_ weights: [Float]) -> Float {
        logit(weights) - weights[Int(classes[Self.dueClass])]
    }

    /// The weights of how due an item is, for one event type: of each class in order of time, and
    /// of items without a rhythm.
    static func dueWeights(
        _ weights: [Float], type: EventType, _ layout: Layout
    ) -> (inOrder: [Float], none: Float) {
        let first =
            layout.index(of: type) * layout.stride + 1 + numberCount + recencyCount + countCount
        return (Array(weights[first..<first + dueCount - 1]), weights[first + dueCount - 1])
    }

    /// The times at which an item enters each class but the first of how due it is, in seconds
    /// since 1970; `nil` without a rhythm.
    static func dueTimes(_ recurrence: ItemRecurrence) -> [Double]? {
        recurrence.meanGap.map { mean in
            dueBounds.map { Double(recurrence.lastTime) + Double($0) * Double(mean) }
        }
    }

    /// The number of bounds at or below a value.
    private static func classIndex(_ value: Float, _ bounds: [Float]) -> Int {
        var index = 0
        while index < bounds.count, value >= bounds[index] { index += 1 }
        return index
    }
}
