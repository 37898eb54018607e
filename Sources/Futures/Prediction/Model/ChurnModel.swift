import Learning

/// The probability that a silent customer has left for good.
///
/// The Kaplan–Meier survival curve of silences ("Nonparametric Estimation from Incomplete
/// Observations", 1958) includes silences that still last. It falls to a plateau, the fraction of
/// customers who never return. With S(t) the curve, P(churned | silent for t) = plateau / S(t).
///
/// Silences are measured in units of the customer's own rhythm: two weeks are long for a daily
/// customer and short for a monthly one. Customers with fewer than four gaps have no rhythm and
/// never count as churned. See <doc:Churn>.
package struct ChurnModel: Sendable, Equatable {
    /// The churn probability of a silence in each class of ``bounds``.
    let probabilities: [Float]
    /// The mean number of days between two active days, over all customers; at least 1.
    let meanGap: Float

    /// The lower bounds of the classes of silences, as multiples of a customer's rhythm.
    static let bounds: [Float] = [
        0, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 22, 32, 45, 64,
    ]
    /// The number of mean gaps that are added to a customer's own gaps.
    private static let priorGaps: Float = 2
    /// The prior number of returns in each class, which limits what few observations prove.
    private static let priorReturns = 0.1
    /// The least number of gaps that make a rhythm.
    private static let gapCountMin = 4
    /// A silence of at most this many seconds is a pause, with probability 0.
    private static let pause = 86_400.0
    /// The greatest churn probability.
    private static let probabilityMax: Float = 0.99

    /// A model in which no customer churns.
    package static let never = ChurnModel(
        probabilities: [Float](repeating: 0, count: bounds.count), meanGap: 1)

    init(probabilities: [Float], meanGap: Float) {
        self.probabilities = probabilities
        self.meanGap = meanGap
    }

    /// Learns from all silences of some customers, up to the newest event of all.
    ///
    /// - Complexity: O(events).
    init(_ sequences: EventSequences) {
        guard let end = sequences.times.max() else {
            self = .never
            return
        }
        let customers = (0..<sequences.count)
            .map { ActiveDays(sequences.times[sequences.range(of: $0)]) }
            .filter(\.hasRhythm)
        guard !customers.isEmpty else {
            self = .never
            return
        }
        let gaps = customers.reduce(0) { $0 + $1.gaps.count }
        let days = customers.reduce(Float(0)) { $0 + $1.gaps.reduce(0, +) }
        let meanGap = max(1, days / Float(gaps))
        // By class: silences that ended, and silences that still last.
        var returned = [Double](repeating: 0, count: Self.bounds.count)
        var lasting = returned
        for customer in customers {
            guard let last = customer.last else { continue }
            let rhythm = customer.rhythm(besides: meanGap)
            for gap in customer.gaps { returned[Self.classIndex(gap / rhythm)] += 1 }
            lasting[Self.classIndex(Float(end - last) / 86_400 / rhythm)] += 1
        }
        var atRisk = Double(gaps) + lasting.reduce(0, +)
        var survival = 1.0
        var curve: [Double] = []
        for index in Self.bounds.indices {
            curve.append(survival)
            // Lasting silences were observed for half of their class on average.
            let observed = atRisk - lasting[index] / 2
            survival *=
                1 - min(1, (returned[index] + Self.priorReturns) / (max(0, observed) + 1))
            atRisk -= returned[index] + lasting[index]
        }
        self.init(
            probabilities: curve.map {
                min(Self.probabilityMax, Float(survival / max($0, 1e-12)))
            },
            meanGap: meanGap)
    }

    /// The probability that a customer has left.
    ///
    /// - Parameters:
    ///   - history: The customer's events; with fewer than four gaps the probability is 0.
    ///   - time: The time of the question, in seconds since 1970; not before the newest event.
    /// - Returns: 0 to 0.99; it grows with the length of the silence.
    /// - Complexity: O(events).
    package func probability(after history: History, at time: Int64) -> Double {
        let days = ActiveDays(history.times[...])
        guard let last = days.last, days.hasRhythm else { return 0 }
        let seconds = Double(time) - Double(last)
        guard seconds > Self.pause else { return 0 }
        let silence = Float(seconds) / 86_400 / days.rhythm(besides: meanGap)
        return Double(probabilities[Self.classIndex(silence)])
    }

    /// The index of the last bound that a silence has reached.
    private static func classIndex(_ silence: Float) -> Int {
        max(0, bounds.count { $0 <= silence } - 1)
    }

    /// Whether there is a probability for each class, in ascending order.
    var isWellFormed: Bool {
        probabilities.count == Self.bounds.count && meanGap >= 1 && meanGap.isFinite
            && probabilities.allSatisfy { (0...1).contains($0) }
            && zip(probabilities, probabilities.dropFirst()).allSatisfy { $0 <= $1 }
    }

    /// The days on which a customer did anything.
    private struct ActiveDays {
        /// The gaps between active days, in days.
        var gaps: [Float] = []
        /// The newest event, in seconds since 1970.
        var last: Int64?

        init(_ times: ArraySlice<Int64>) {
            var day: Int64?
            for time in times {
                let next = Int64((Double(time) / 86_400).rounded(.down))
                if let day, next > day { gaps.append(Float(next - day)) }
                day = next
            }
            last = times.last
        }

        /// Whether there are enough gaps for a rhythm.
        var hasRhythm: Bool { gaps.count >= ChurnModel.gapCountMin }

        /// The mean gap in days, with ``ChurnModel/priorGaps`` gaps of length `common` added.
        func rhythm(besides common: Float) -> Float {
            (gaps.reduce(0, +) + ChurnModel.priorGaps * common)
                / (Float(gaps.count) + ChurnModel.priorGaps)
        }
    }
}
