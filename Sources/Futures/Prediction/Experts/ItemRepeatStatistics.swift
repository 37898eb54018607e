import Foundation
import Learning

/// Statistics of each item over all customers: whether customers come back to it, how soon, and how
/// popular it is now.
///
/// Counts are smoothed by those of all items, so a rare item gets values near the average.
struct ItemRepeatStatistics: Sendable, Equatable {
    /// The statistics of one item, as logarithms.
    struct Habit: Sendable, Equatable {
        /// log of the fraction of baskets with the item, of those after a customer's first contact.
        let rate: Float
        /// log of the fraction of customers with the item who came back to it.
        let returns: Float
        /// log of the mean number of baskets from one contact to the next.
        let gap: Float
        /// log of the item's current popularity relative to the mean item.
        let popularity: Float
        /// The mean number of baskets from one contact to the next.
        let meanGap: Float

        init(rate: Float, returns: Float, gap: Float, popularity: Float) {
            self.rate = rate
            self.returns = returns
            self.gap = gap
            self.popularity = popularity
            meanGap = exp(gap)
        }

        /// The four numbers.
        var numbers: [Float] { [rate, returns, gap, popularity] }
    }

    /// The baskets of an average item that are added to those of each item.
    private static let rateSmoothing = 20.0
    /// The customers of an average item that are added to those of each item.
    private static let returnSmoothing = 5.0

    /// The habit of each item.
    let items: [Habit]
    /// The habit of all items together, for unknown items.
    let common: Habit

    /// Counts the contacts of all sequences.
    ///
    /// - Complexity: O(events).
    init(_ sequences: EventSequences) {
        var contacts = [Contacts](
            repeating: Contacts(), count: Int(sequences.items.max() ?? -1) + 1)
        let newest = sequences.times.max() ?? 0
        for sequence in 0..<sequences.count {
            let history = History(sequences, sequence: sequence)
            let past = RecurrenceTracker(history)
            for (item, recurrence) in zip(past.items, past.recurrences) {
                contacts[Int(item)].add(
                    first: recurrence.firstBasket, last: recurrence.lastBasket,
                    count: recurrence.count, baskets: history.basketCount)
            }
            for event in 0..<history.count {
                let age = Double(newest - history.times[event])
                contacts[Int(history.items[event])].recent += exp2(
                    -age / Popularity.halfLifeSeconds)
            }
        }
        var all = Contacts()
        for entry in contacts { all.add(entry) }
        let mean = all.recent / Double(max(1, contacts.count))
        // No contacts of its own, and a mean popularity.
        var average = Contacts()
        average.recent = 0.99 * mean
        common = average.habit(smoothedBy: all, meanRecent: mean)
        items = contacts.map { $0.habit(smoothedBy: all, meanRecent: mean) }
    }

    init(items: [Habit], common: Habit) {
        self.items = items
        self.common = common
    }

    /// The habit of an item; ``common`` for an unknown one.
    subscript(item: Int32) -> Habit {
        items.indices.contains(Int(item)) ? items[Int(item)] : common
    }

    /// Counts of one item.
    private struct Contacts {
        var opportunities = 0.0
        var returns = 0.0
        var customers = 0.0
        var returning = 0.0
        var baskets = 0.0
        var recent = 0.0

        /// Adds one customer's contacts, in `count` of the customer's `baskets`.
        mutating func add(first: Int, last: Int, count: Int, baskets: Int) {
            opportunities += Double(baskets - 1 - first)
            returns += Double(count - 1)
            customers += 1
            returning += count > 1 ? 1 : 0
            self.baskets += Double(last - first)
        }

        mutating func add(_ other: Contacts) {
            opportunities += other.opportunities
            returns += other.returns
            customers += other.customers
            returning += other.returning
            baskets += other.baskets
            recent += other.recent
        }

        func habit(smoothedBy all: Contacts, meanRecent: Double) -> Habit {
            // A thousandth of a return, so that no logarithm is infinite.
            let allRate = (all.returns + 0.001) / (all.opportunities + 1)
            let allFraction = (all.returning + 0.001) / (all.customers + 1)
            let allGap = (all.baskets + 1) / (all.returns + 1)
            let rate = (returns + rateSmoothing * allRate) / (opportunities + rateSmoothing)
            let fraction =
                (returning + returnSmoothing * allFraction) / (customers + returnSmoothing)
            let gap = (baskets + returnSmoothing * allGap) / (returns + returnSmoothing)
            let popularity = (recent + 0.01 * meanRecent + 1e-9) / (meanRecent + 1e-9)
            return Habit(
                rate: Float(log(rate)), returns: Float(log(fraction)),
                gap: Float(log(max(1, gap))), popularity: Float(log(popularity)))
        }
    }
}
