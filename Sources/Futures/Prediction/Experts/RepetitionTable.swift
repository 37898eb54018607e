import Kernels
package import Shop

/// How likely a twin is to meet each of its items again, at any later moment and time.
///
/// The same as ``RepeatPurchaseModel/probability(of:_:moments:time:type:)`` of every item, for as long as
/// none of them is met again. Of what that depends on, only how due an item is moves with the time
/// alone; everything else is worked out once for a number of moments and a type.
package struct RecurrenceTable: Sendable {
    /// A number of moments and a type of event, which many questions share.
    package struct Question: Hashable, Sendable {
        let moments: Int
        let type: EventType

        /// What items come back at the moment after so many, by an event of a type.
        package init(moments: Int, type: EventType) {
            self.moments = moments
            self.type = type
        }
    }

    /// What the twin has met.
    package let past: RecurrenceTracker
    private let history: RepeatPurchaseModel
    private let from: Int64
    /// For each boundary between classes of how due an item is: when each item passes it, in
    /// seconds after `from`; never for one without a rhythm.
    private let dueTimes: [[Float]]
    private var logits: [Question: [Float]] = [:]

    /// Prepares the table of one twin.
    ///
    /// - Parameters:
    ///   - history: What everybody's repetitions have taught.
    ///   - past: What the twin has met.
    ///   - from: A time near those that will be asked about, in seconds since 1970.
    package init(_ history: RepeatPurchaseModel, past: RecurrenceTracker, from: Int64) {
        self.history = history
        self.past = past
        self.from = from
        let times = past.repetitions.map(RecurrenceFeatures.dueTimes)
        dueTimes = (0..<RecurrenceFeatures.dueBoundCount).map { bound in
            times.map { $0.map { Float($0[bound] - Double(from)) } ?? .infinity }
        }
    }

    /// Works out what is needed to answer some questions, and forgets what belongs to others.
    ///
    /// - Complexity: O(items) for each question that was not among the last ones.
    package mutating func prepare(_ questions: Set<Question>) {
        var next: [Question: [Float]] = [:]
        for question in questions {
            next[question] = logits[question] ?? logitsButDue(question)
        }
        logits = next
    }

    /// The probability of each item of the past, in the order of its first contact.
    ///
    /// - Parameters:
    ///   - question: What is asked; best one that was prepared.
    ///   - time: The time of the moment, in seconds since 1970.
    /// - Returns: One probability for each item of ``past``.
    /// - Complexity: O(items), sixteen at a time.
    package func probabilities(_ question: Question, at time: Int64) -> [Float] {
        var result = logits[question] ?? logitsButDue(question)
        let steps = RecurrenceFeatures.dueWeights(
            history.weights, type: question.type, history.layout
        ).inOrder
        let after = Float(time - from)
        for bound in dueTimes.indices {
            VectorMath.addStep(
                steps[bound + 1] - steps[bound], where: dueTimes[bound], isAtMost: after,
                to: &result)
        }
        return VectorMath.sigmoid(result)
    }

    /// The log-odds of each item as if none with a rhythm were due yet.
    private func logitsButDue(_ question: Question) -> [Float] {
        let due = RecurrenceFeatures.dueWeights(
            history.weights, type: question.type, history.layout)
        return zip(past.items, past.repetitions).map { item, repetition in
            let features = RecurrenceFeatures(
                repetition, history.habits[item], moments: question.moments,
                time: repetition.lastTime, type: question.type, history.layout)
            return features.logitButDue(history.weights)
                + (repetition.meanGap == nil ? due.none : due.inOrder[0])
        }
    }
}
