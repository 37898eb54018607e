import Foundation
import Learning

/// What everybody's contacts say of each item: whether one comes back to it, how soon, and whether
/// it is taken now.
///
/// Counts are smoothed by those of all items, so that a rare item is taken for an average one.
struct ItemRepeatStatistics: Sendable, Equatable {
    /// What is known of one item, as logarithms.
    struct Habit: Sendable, Equatable {
        /// log of the share of later moments, of those who have met the item, that it is in.
        let rate: Float
        /// log of the share of those who have met the item who came back to it.
        let returns: Float
        /// log of the mean number of moments from one contact to the next.
        let gap: Float
        /// log of how popular the item is now, beside the mean of all items.
        let popularity: Float
        /// The mean number of moments from one contact to the next.
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

    /// Moments of everybody's that are added to those of an item.
    private static let rateSmoothing = 20.0
    /// People of everybody's that are added to those of an item.
    private static let returnSmoothing = 5.0

    /// The habit of each item.
    let items: [Habit]
    /// The habit of all items together, for one of which nothing is known.
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
            for (item, contact) in zip(past.items, past.repetitions) {
                contacts[Int(item)].add(
                    first: contact.firstBasket, last: contact.lastBasket, count: contact.count,
                    moments: history.basketCount)
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
        // Nothing of one's own but a mean popularity.
        var average = Contacts()
        average.recent = 0.99 * mean
        common = average.habit(smoothedBy: all, meanRecent: mean)
        items = contacts.map { $0.habit(smoothedBy: all, meanRecent: mean) }
    }

    init(items: [Habit], common: Habit) {
        self.items = items
        self.common = common
    }

    /// The habit of an item; the common one if it is not known.
    subscript(item: Int32) -> Habit {
        items.indices.contains(Int(item)) ? items[Int(item)] : common
    }

    /// What is counted of an item.
    private struct Contacts {
        var opportunities = 0.0
        var returns = 0.0
        var people = 0.0
        var returning = 0.0
        var moments = 0.0
        var recent = 0.0

        /// Adds one person's contacts, in `count` moments of their `moments`.
        mutating func add(first: Int, last: Int, count: Int, moments: Int) {
            opportunities += Double(moments - 1 - first)
            returns += Double(count - 1)
            people += 1
            returning += count > 1 ? 1 : 0
            self.moments += Double(last - first)
        }

        mutating func add(_ other: Contacts) {
            opportunities += other.opportunities
            returns += other.returns
            people += other.people
            returning += other.returning
            moments += other.moments
            recent += other.recent
        }

        func habit(smoothedBy all: Contacts, meanRecent: Double) -> Habit {
            // One return in a thousand where there is none at all, so that no logarithm is infinite.
            let allRate = (all.returns + 0.001) / (all.opportunities + 1)
            let allShare = (all.returning + 0.001) / (all.people + 1)
            let allGap = (all.moments + 1) / (all.returns + 1)
            let rate = (returns + rateSmoothing * allRate) / (opportunities + rateSmoothing)
            let share = (returning + returnSmoothing * allShare) / (people + returnSmoothing)
            let gap = (moments + returnSmoothing * allGap) / (returns + returnSmoothing)
            let popularity = (recent + 0.01 * meanRecent + 1e-9) / (meanRecent + 1e-9)
            return Habit(
                rate: Float(log(rate)), returns: Float(log(share)),
                gap: Float(log(max(1, gap))), popularity: Float(log(popularity)))
        }
    }
}
