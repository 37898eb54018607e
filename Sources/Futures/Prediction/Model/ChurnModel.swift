import Learning

/// How surely a customer who is silent has left for good.
///
/// Gaps between events that came teach nothing of customers who never come back. So all silences
/// count here, those that still last as well: the share that outlasts a silence (Kaplan and Meier,
/// "Nonparametric Estimation from Incomplete Observations", 1958) falls to a level, and the level, as
/// a share of those who are still silent, is who has left. Silences are measured by a customer's own
/// rhythm: two weeks are long for a daily customer and nothing for a monthly one. Who has come on few
/// days has no rhythm yet, and is not taken to have left.
package struct ChurnModel: Sendable, Equatable {
    /// For each of ``bounds``, the probability to have left when a silence has lasted that long.
    let probabilities: [Float]
    /// The mean number of days between two days with events, of all customers.
    let meanGap: Float

    /// Lengths of silences, as multiples of a customer's mean time between two days with events.
    static let bounds: [Float] = [
        0, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 22, 32, 45, 64,
    ]
    /// Gaps of everybody's length that a customer's own rhythm begins with.
    private static let priorGaps: Float = 2
    /// Returns that are added at each length, so that few customers prove little, and nobody little
    /// of lengths that were never watched.
    private static let priorReturns = 0.1
    /// Times between days with events that make a rhythm, at least.
    private static let fewestGaps = 4
    /// A silence as short as this may be a pause in a visit, in seconds.
    private static let pause = 86_400.0
    /// Nobody has left for certain.
    private static let most: Float = 0.99

    /// Nobody ever leaves.
    package static let never = ChurnModel(
        probabilities: [Float](repeating: 0, count: bounds.count), meanGap: 1)

    init(probabilities: [Float], meanGap: Float) {
        self.probabilities = probabilities
        self.meanGap = meanGap
    }

    /// Learns from all silences of some customers, whose newest event tells how long the last ones
    /// have lasted.
    ///
    /// - Complexity: O(events).
    init(_ sequences: EventSequences) {
        guard let end = sequences.times.max() else {
            self = .never
            return
        }
        let customers = (0..<sequences.count)
            .map { ActiveDays(sequences.times[sequences.range(of: $0)]) }
            .filter(\.haveRhythm)
        guard !customers.isEmpty else {
            self = .never
            return
        }
        let gaps = customers.reduce(0) { $0 + $1.gaps.count }
        let days = customers.reduce(Float(0)) { $0 + $1.gaps.reduce(0, +) }
        let meanGap = max(1, days / Float(gaps))
        // By class of length: silences that ended, and such as last still.
        var returned = [Double](repeating: 0, count: Self.bounds.count)
        var lasting = returned
        for customer in customers {
            guard let last = customer.last else { continue }
            let rhythm = customer.rhythm(besides: meanGap)
            for gap in customer.gaps { returned[Self.place(gap / rhythm)] += 1 }
            lasting[Self.place(Float(end - last) / 86_400 / rhythm)] += 1
        }
        var atRisk = Double(gaps) + lasting.reduce(0, +)
        var outlasting = 1.0
        var shares: [Double] = []
        for place in Self.bounds.indices {
            shares.append(outlasting)
            // Silences that last still have been watched for half of their class on average.
            let watched = atRisk - lasting[place] / 2
            outlasting *=
                1 - min(1, (returned[place] + Self.priorReturns) / (max(0, watched) + 1))
            atRisk -= returned[place] + lasting[place]
        }
        self.init(
            probabilities: shares.map { min(Self.most, Float(outlasting / max($0, 1e-12))) },
            meanGap: meanGap)
    }

    /// The probability that a customer has left.
    ///
    /// - Parameters:
    ///   - history: What the customer did; somebody of whom little is known has not left.
    ///   - time: The moment, in seconds since 1970; not before the newest event.
    /// - Returns: 0 to 1, the greater the longer the customer has been silent.
    /// - Complexity: O(events).
    package func probability(after history: History, at time: Int64) -> Double {
        let days = ActiveDays(history.times[...])
        guard let last = days.last, days.haveRhythm else { return 0 }
        let seconds = Double(time) - Double(last)
        guard seconds > Self.pause else { return 0 }
        let silence = Float(seconds) / 86_400 / days.rhythm(besides: meanGap)
        return Double(probabilities[Self.place(silence)])
    }

    /// The last of the bounds that a silence has reached.
    private static func place(_ silence: Float) -> Int {
        max(0, bounds.count { $0 <= silence } - 1)
    }

    /// Whether there is a probability for each length, none smaller than the one before.
    var isWellFormed: Bool {
        probabilities.count == Self.bounds.count && meanGap >= 1 && meanGap.isFinite
            && probabilities.allSatisfy { (0...1).contains($0) }
            && zip(probabilities, probabilities.dropFirst()).allSatisfy { $0 <= $1 }
    }

    /// The days on which somebody did something.
    private struct ActiveDays {
        /// From each such day to the next, in days.
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

        /// Whether there are enough of them to tell how often the customer comes.
        var haveRhythm: Bool { gaps.count >= ChurnModel.fewestGaps }

        /// The mean time between two of the days.
        func rhythm(besides common: Float) -> Float {
            (gaps.reduce(0, +) + ChurnModel.priorGaps * common)
                / (Float(gaps.count) + ChurnModel.priorGaps)
        }
    }
}
