import FuturesFixtures
import Kernels
import Prediction
import Testing

@testable import Simulation

@Suite("Random slots")
struct RandomSlotTests {
    /// All slots that a step can use.
    private static let all: [RandomSlot] = {
        var slots: [RandomSlot] = [
            .churn, .gap, .time(.week), .time(.weekPart), .time(.second), .type, .proposalOffset,
            .thinning, .furtherProposal, .furtherAcceptance,
        ]
        slots += (0..<RandomSlot.neuralItemTries).map { .neuralItem(itemTry: $0) }
        for attempt in 0..<RandomSlot.expertAttemptLimit {
            slots.append(.expert(attempt: attempt))
            for itemTry in 0..<RandomSlot.itemTries {
                slots += (0..<RandomSlot.numbersPerTry).map {
                    .item(attempt: attempt, itemTry: itemTry, number: $0)
                }
            }
        }
        return slots
    }()

    @Test("No two uses in a step share a slot")
    func slots() {
        let numbers = Self.all.map(\.number)
        #expect(Set(numbers).count == Self.all.count)
        #expect(numbers.allSatisfy { (0..<RandomSlot.count).contains($0) })
        #expect(ExpertID.allCases.count <= RandomSlot.expertAttemptLimit)
    }

    @Test("No two steps share an index, in any round")
    func steps() {
        #expect(SimulationSettings.stepLimit <= RandomStep.stepsPerRound)
        // A factor is at most the square of the limit, and each round covers an excess of 1.
        let rounds = Int((DayFactors.limit * DayFactors.limit - 1).rounded(.up))
        let indices = (0...rounds).flatMap { round in
            (0..<SimulationSettings.stepLimit).map { RandomStep(step: $0, round: round).index }
        }
        #expect(Set(indices).count == indices.count)
    }

    @Test("Slots and steps keep their numbers, which decide the simulated paths")
    func numbers() {
        let known: [(RandomSlot, Int)] = [
            (.gap, 0), (.time(.week), 1), (.type, 2), (.expert(attempt: 0), 3),
            (.item(attempt: 0, itemTry: 0, number: 0), 4),
            (.item(attempt: 0, itemTry: 3, number: 2), 15), (.expert(attempt: 1), 16),
            (.item(attempt: 5, itemTry: 1, number: 2), 74), (.neuralItem(itemTry: 0), 100),
            (.neuralItem(itemTry: 2), 102), (.time(.weekPart), 103), (.time(.second), 104),
            (.thinning, 105), (.furtherProposal, 106), (.furtherAcceptance, 107),
            (.proposalOffset, 108), (.churn, 109),
        ]
        for (slot, number) in known { #expect(slot.number == number, "\(slot)") }
        #expect(RandomStep(step: 7).index == 7)
        #expect(RandomStep(step: 7, round: 2).index == 2_055)
        let random = PathRandom(seed: 11, firstPath: 256)
        #expect(
            random.uniform(.thinning, path: 3, at: RandomStep(step: 5, round: 1))
                == Philox(seed: 11, stream: 259).uniform(at: 1_029 * 128 + 105))
    }
}
