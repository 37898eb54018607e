import Kernels
import Learning
import Prediction
import Shop

/// The days ahead: what they are against does not happen, what they call for happens more often.
///
/// A purchase whose factor is below 1 is passed over with the probability that is missing from 1.
/// For factors above 1 the same step is drawn again, and taken with probabilities that make each
/// item as frequent as its factor has it; so somebody may take two of what is cheap. What a path
/// draws anyhow is drawn by the same numbers as without factors, so that runs can be compared path
/// by path.
extension PathBlock {
    /// Lanes of random numbers are as far apart as steps can be many.
    private static let laneWidth = 1 << 10

    /// Refuses what the day is against.
    func thin(_ drafts: inout [StepProposal], _ factors: DayFactors, step: Int) {
        for row in drafts.indices where drafts[row].type == .purchase {
            guard let item = drafts[row].item else { continue }
            let factor = factors.factor(of: item, at: drafts[row].time)
            drafts[row].isRefused =
                factor < 1 && random(drafts[row].path, step, 105) >= factor
        }
    }

    /// What the day calls for beside what is drafted, in the same moments.
    ///
    /// - Parameters:
    ///   - drafts: What happens in this step anyhow.
    ///   - scene: Of all of them.
    ///   - factors: The factors.
    ///   - step: The step.
    /// - Returns: Further events with the rows of their paths.
    mutating func further(
        _ drafts: [StepProposal], _ scene: StepFeatures, _ factors: DayFactors, step: Int
    ) -> [(row: Int, draft: StepProposal)] {
        let excess = drafts.map { draft in
            draft.type == .purchase && draft.item != nil
                ? factors.most(at: draft.time) - 1 : 0
        }
        var found: [(row: Int, draft: StepProposal)] = []
        for round in 0..<Int((excess.max() ?? 0).rounded(.up)) {
            let lane = step + (1 + round) * Self.laneWidth
            let rows = drafts.indices.filter {
                random(drafts[$0].path, lane, 106) < excess[$0] - Double(round)
            }
            guard !rows.isEmpty else { continue }
            var again = drafts
            drawItems(&again, rows: rows, scene, lane: lane)
            for row in rows {
                guard let item = again[row].item else { continue }
                var draft = again[row]
                let factor = factors.factor(of: item, at: draft.time)
                guard random(draft.path, lane, 107) * excess[row] < factor - 1 else { continue }
                draft.gap = 0
                draft.isRefused = false
                found.append((row, draft))
            }
        }
        return found
    }
}
