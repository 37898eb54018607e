import Kernels

/// The use that one step of a path makes of a random number.
///
/// Path p has the Philox stream p of the simulation's seed. Every number of the stream has one use:
///
///     counter = (step + 1024 · round) · 128 + slot
///
/// No two uses share a counter:
///
/// - ``number`` maps each slot to another number, and all are below ``count`` = 128. Attempt a at
///   an expert has 3 + 13a for the expert and 4 + 13a … 15 + 13a for its 4 × 3 item numbers. With
///   at most 7 attempts they reach 93. The other slots are 0 … 2 and 100 … 109.
/// - ``RandomStep/index`` maps each step of each round to another number, because steps are below
///   ``RandomStep/stepsPerRound`` = 1024.
///
/// Assertions check both bounds. The numbers must not change: they decide the simulated paths.
enum RandomSlot: Hashable, Sendable {
    /// Whether the customer has left for good; used in step 0 only.
    case churn
    /// The class of the time to the next event.
    case gap
    /// The time within its class, from three numbers.
    case time(TimePart)
    /// The type of the event.
    case type
    /// The expert that the item comes from, in each attempt.
    case expert(attempt: Int)
    /// The item of an expert other than the LSTM: up to three numbers for each try.
    case item(attempt: Int, itemTry: Int, number: Int)
    /// The item of the LSTM, in each try.
    case neuralItem(itemTry: Int)
    /// The offset of the sampling from proposals of the LSTM.
    case proposalOffset
    /// Whether a purchase is thinned out.
    case thinning
    /// Whether a further purchase is proposed.
    case furtherProposal
    /// Whether a proposed further purchase is accepted.
    case furtherAcceptance

    /// What a number decides about the time within a class of gaps.
    enum TimePart: Hashable, Sendable {
        /// The week of a long range, or the time in a short one.
        case week
        /// The part of the week.
        case weekPart
        /// The second within the part.
        case second
    }

    /// The slots of one step.
    static let count = 128
    /// The most attempts at an expert: one for each expert.
    static let expertAttemptLimit = 7
    /// The tries of one expert.
    static let itemTries = 4
    /// The random numbers of one try.
    static let numbersPerTry = 3
    /// The tries of the LSTM.
    static let neuralItemTries = 3

    private static let firstExpert = 3
    private static let slotsPerAttempt = 1 + itemTries * numbersPerTry
    private static let firstNeuralItem = 100

    /// The slot's number, from 0 up to ``count``.
    var number: Int {
        switch self {
        case .gap: 0
        case .time(.week): 1
        case .type: 2
        case .expert(let attempt): Self.expertSlot(attempt)
        case .item(let attempt, let itemTry, let number):
            Self.itemSlot(attempt, itemTry, number)
        case .neuralItem(let itemTry): Self.neuralItemSlot(itemTry)
        case .time(.weekPart): 103
        case .time(.second): 104
        case .thinning: 105
        case .furtherProposal: 106
        case .furtherAcceptance: 107
        case .proposalOffset: 108
        case .churn: 109
        }
    }

    private static func expertSlot(_ attempt: Int) -> Int {
        assert((0..<expertAttemptLimit).contains(attempt))
        return firstExpert + attempt * slotsPerAttempt
    }

    private static func itemSlot(_ attempt: Int, _ itemTry: Int, _ number: Int) -> Int {
        assert((0..<itemTries).contains(itemTry) && (0..<numbersPerTry).contains(number))
        return expertSlot(attempt) + 1 + itemTry * numbersPerTry + number
    }

    private static func neuralItemSlot(_ itemTry: Int) -> Int {
        assert((0..<neuralItemTries).contains(itemTry))
        return firstNeuralItem + itemTry
    }
}

/// A step of a path, and which round of events in it.
struct RandomStep: Hashable, Sendable {
    /// The step of the path, from 0 up to ``stepsPerRound``.
    let step: Int
    /// 0 for the event that the LSTM proposes; from 1 on for further purchases on the same day.
    var round = 0

    /// The greatest number of steps that have random numbers of their own.
    static let stepsPerRound = 1 << 10

    /// A number for each pair of step and round.
    var index: Int {
        assert((0..<Self.stepsPerRound).contains(step) && round >= 0)
        return step + round * Self.stepsPerRound
    }
}

/// The random numbers of the paths of a block, from 0 up to 1.
struct PathRandom: Sendable {
    let seed: UInt64
    /// The index of the block's first path in the simulation.
    let firstPath: Int

    /// One random number; the same for the same arguments.
    ///
    /// - Parameters:
    ///   - slot: What the number is used for.
    ///   - path: The index of the path in the block.
    ///   - step: The step of the path.
    /// - Returns: A number from 0 up to 1.
    func uniform(_ slot: RandomSlot, path: Int, at step: RandomStep) -> Double {
        Philox(seed: seed, stream: UInt64(firstPath + path))
            .uniform(at: UInt64(step.index * RandomSlot.count + slot.number))
    }
}
