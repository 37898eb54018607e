package import Prediction

/// One customer at an origin in the past: the history until then, and the outcome after it.
package struct BacktestCase: Sendable {
    /// The origin, in seconds since 1970.
    package let origin: Int64
    /// The events until the origin, inclusive.
    package let history: History
    /// The events after the origin, within the horizon.
    package let outcome: History
    /// The day factors, from what was known at the origin; all are 1 if `nil`.
    package var factors: DayFactors?
    /// The true probability that an item, by its index in the catalogue, is bought within a number
    /// of seconds.
    ///
    /// It is known for synthetic customers only.
    package var truth: (@Sendable (_ item: Int32, _ seconds: Int64) -> Double?)?

    /// Splits a history at an origin.
    ///
    /// - Parameters:
    ///   - whole: The whole history of a customer.
    ///   - origin: The origin, in seconds since 1970.
    ///   - horizonSeconds: The length of the outcome; not negative.
    package init(_ whole: History, at origin: Int64, horizonSeconds: Int64) {
        self.origin = origin
        let (end, hasOverflow) = origin.addingReportingOverflow(horizonSeconds)
        history = whole.events { $0 <= origin }
        outcome = whole.events { $0 > origin && (hasOverflow || $0 <= end) }
    }
}

extension History {
    /// The events at matching times.
    fileprivate func events(at isMatch: (Int64) -> Bool) -> History {
        var result = History()
        for (index, time) in times.enumerated() where isMatch(time) {
            result.append(item: items[index], type: types[index], time: time)
        }
        return result
    }
}
