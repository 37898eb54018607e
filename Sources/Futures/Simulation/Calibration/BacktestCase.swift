package import Prediction

/// A moment in a customer's past: what was known then, and what came after it.
package struct BacktestCase: Sendable {
    /// The moment, in seconds since 1970.
    package let origin: Int64
    /// What had happened until then, the moment itself included.
    package let history: History
    /// What came afterwards within the horizon.
    package let outcome: History
    /// How the days ahead multiply what is bought, as far as could be known at the moment.
    package var factors: DayFactors?
    /// The true probability that an item, by its place in the catalogue, is bought within so many
    /// seconds, where it is known; it is of customers who are made up.
    package var truth: (@Sendable (_ item: Int32, _ seconds: Int64) -> Double?)?

    /// Splits a history at a moment.
    ///
    /// - Parameters:
    ///   - whole: All that is known of a customer.
    ///   - origin: The moment, in seconds since 1970.
    ///   - horizonSeconds: How much of what came after it counts; not negative.
    package init(_ whole: History, at origin: Int64, horizonSeconds: Int64) {
        self.origin = origin
        let (end, isBeyond) = origin.addingReportingOverflow(horizonSeconds)
        history = whole.events { $0 <= origin }
        outcome = whole.events { $0 > origin && (isBeyond || $0 <= end) }
    }
}

extension History {
    /// The events whose time is wanted.
    fileprivate func events(at isWanted: (Int64) -> Bool) -> History {
        var result = History()
        for (index, time) in times.enumerated() where isWanted(time) {
            result.append(item: items[index], type: types[index], time: time)
        }
        return result
    }
}
