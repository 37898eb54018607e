import Kernels
package import Shop

/// The repeat purchase probabilities of all items of a history, at any later basket and time.
///
/// Equals ``RepeatPurchaseModel/probability(of:_:baskets:time:type:)`` of each item, as long as no
/// item of the history comes back. Only how due an item is depends on the time. All else is
/// computed once for each number of baskets and event type.
package struct RecurrenceTable: Sendable {
    /// A number of baskets and an event type.
    package struct Question: Hashable, Sendable {
        let baskets: Int
        let type: EventType

        /// Asks which items come back in the basket after `baskets` baskets.
        ///
        /// - Parameters:
        ///   - baskets: The number of baskets so far.
        ///   - type: The type of the next event.
        package init(baskets: Int, type: EventType) {
            self.baskets = baskets
            self.type = type
        }
    }

    /// The customer's contacts.
    package let past: RecurrenceTracker
    private let history: RepeatPurchaseModel
    private let from: Int64
    /// For each boundary between classes of how due an item is: when each item passes it, in
    /// seconds after `from`; infinity for items without a rhythm.
    private let dueTimes: [[Float]]
    private var logits: [Question: [Float]] = [:]

    /// Prepares the table of one customer.
    ///
    /// - Parameters:
    ///   - history: The repeat purchase model.
    ///   - past: The customer's contacts.
    ///   - from: A time near those of later queries, in seconds since 1970.
    package init(_ history: RepeatPurchaseModel, past: RecurrenceTracker, from: Int64) {
        self.history = history
        self.past = past
        self.from = from
        let times = past.recurrences.map(RecurrenceFeatures.dueTimes)
        dueTimes = (0..<RecurrenceFeatures.dueBoundCount).map { bound in
            times.map { $0.map { Float($0[bound] - Double(from)) } ?? .infinity }
        }
    }

    /// Prepares some questions and drops all others.
    ///
    /// - Complexity: O(items) for each question that is not prepared yet.
    package mutating func prepare(_ questions: Set<Question>) {
        var next: [Question: [Float]] = [:]
        for question in questions {
            next[question] = logits[question] ?? logitsWithoutDue(question)
        }
        logits = next
    }

    /// The probability of each item of ``past``, in order of first contact.
    ///
    /// - Parameters:
    ///   - question: The question; fast if it was prepared.
    ///   - time: The time of the next basket, in seconds since 1970.
    /// - Returns: One probability for each item of ``past``.
    /// - Complexity: O(items), sixteen at a time.
    package func probabilities(_ question: Question, at time: Int64) -> [Float] {
        var result = logits[question] ?? logitsWithoutDue(question)
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

    /// The log-odds of each item, with items that have a rhythm in the first class of how due.
    private func logitsWithoutDue(_ question: Question) -> [Float] {
        let due = RecurrenceFeatures.dueWeights(
            history.weights, type: question.type, history.layout)
        return zip(past.items, past.recurrences).map { item, recurrence in
            let features = RecurrenceFeatures(
                recurrence, history.habits[item], baskets: question.baskets,
                time: recurrence.lastTime, type: question.type, history.layout)
            return features.logitWithoutDue(history.weights)
                + (recurrence.meanGap == nil ? due.none : due.inOrder[0])
        }
    }
}
