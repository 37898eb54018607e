import Kernels
import Learning
import Prediction
import Shop

/// Purchases under the factors of the days ahead.
///
/// A purchase with a factor f below 1 is thinned out with probability 1 − f. For factors above 1,
/// the item of the same step is sampled again in further rounds, and accepted with probabilities
/// that make each item f times as frequent. So a path may buy two discounted items in one basket.
/// The events that do not depend on factors use the same random numbers as without factors, so that
/// two runs can be compared path by path.
extension PathBlock {
    private static let purchase = EventType.purchase

    /// A further purchase in the newest basket of a path.
    struct FurtherProposal {
        /// The row of the path among the active ones.
        var row: Int
        var proposal: StepProposal
    }

    /// Thins out purchases whose factor is below 1.
    func thin(_ proposals: inout [StepProposal], by factors: DayFactors, at step: RandomStep) {
        for row in proposals.indices where proposals[row].type == Self.purchase {
            guard let item = proposals[row].item else { continue }
            let factor = factors.factor(of: item, at: proposals[row].time)
            proposals[row].isThinned =
                factor < 1
                && random.uniform(.thinning, path: proposals[row].path, at: step) >= factor
        }
    }

    /// Samples further purchases for factors above 1, in the baskets of the proposals.
    ///
    /// - Parameters:
    ///   - proposals: The events of this step.
    ///   - features: The features of all proposals.
    ///   - factors: The day factors.
    ///   - step: The step, in round 0.
    /// - Returns: The further purchases.
    mutating func furtherPurchases(
        beside proposals: [StepProposal], features: StepFeatures, factors: DayFactors,
        at step: RandomStep
    ) -> [FurtherProposal] {
        let excess = proposals.map { proposal in
            proposal.type == Self.purchase && proposal.item != nil
                ? factors.largest(at: proposal.time) - 1 : 0
        }
        var found: [FurtherProposal] = []
        for round in 0..<Int((excess.max() ?? 0).rounded(.up)) {
            let furtherStep = RandomStep(step: step.step, round: 1 + round)
            let rows = proposals.indices.filter {
                random.uniform(.furtherProposal, path: proposals[$0].path, at: furtherStep)
                    < excess[$0] - Double(round)
            }
            guard !rows.isEmpty else { continue }
            var again = proposals
            sampleItems(&again, rows: rows, features: features, at: furtherStep)
            for row in rows {
                guard let item = again[row].item else { continue }
                var proposal = again[row]
                let factor = factors.factor(of: item, at: proposal.time)
                let uniform = random.uniform(
                    .furtherAcceptance, path: proposal.path, at: furtherStep)
                guard uniform * excess[row] < factor - 1 else { continue }
                proposal.gap = 0
                proposal.isThinned = false
                found.append(FurtherProposal(row: row, proposal: proposal))
            }
        }
        return found
    }
}
