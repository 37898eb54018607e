import Kernels
import Learning
import Prediction
import Twins

/// The days ahead: what they are against does not happen, what they call for happens more often.
///
/// A purchase with a factor below 1 is refused with the probability that is missing from 1. For
/// factors above 1 further purchases of the same basket are drawn beside each one, and taken with
/// probabilities that make each item as frequent as its factor has it. What a path draws anyhow is
/// drawn by the same numbers as without factors, so that runs can be compared path by path.
extension SimulationRun {
    /// Lanes of random numbers are as far apart as steps can be many.
    private static let laneWidth = 1 << 10
    /// How often somebody who has come looks for something else to begin a basket with.
    private static let otherTries = 3
    private static let purchase = EventType.purchase.rawValue

    /// Refuses what the day is against. Who begins a basket takes something else first.
    mutating func thin(
        _ drafts: inout [Draft], _ scene: Scene, _ factors: DayFactors, step: Int
    ) {
        var rows = Array(drafts.indices)
        for attempt in 0...Self.otherTries {
            let lane = step + attempt * Self.laneWidth
            rows = rows.filter { isAgainst(drafts[$0], factors, lane: lane) }
            for row in rows {
                drafts[row].item = nil
                drafts[row].isRefused = true
            }
            rows = rows.filter { drafts[$0].gap > 0 }
            guard attempt < Self.otherTries, !rows.isEmpty else { break }
            for row in rows { drafts[row].isRefused = false }
            drawItems(&drafts, rows: rows, scene, lane: lane + Self.laneWidth)
        }
    }

    /// Whether the day is against a purchase.
    private func isAgainst(_ draft: Draft, _ factors: DayFactors, lane: Int) -> Bool {
        guard draft.type == Self.purchase, let item = draft.item else { return false }
        let factor = factors.factor(of: item, at: draft.time, path: draft.path)
        return factor < 1 && random(draft.path, lane, 105) >= factor
    }

    /// Adds to each basket what the day calls for.
    mutating func grow(_ drafts: [Draft], _ factors: DayFactors, step: Int) {
        let bought = drafts.indices.filter {
            drafts[$0].type == Self.purchase && drafts[$0].item != nil
        }
        let excess = bought.map { row in
            factors.most(at: drafts[row].time, path: drafts[row].path) - 1
        }
        guard let most = excess.max(), most > 1e-9 else { return }
        for round in 0..<Int(most.rounded(.up)) {
            let lane = step + (16 + round) * Self.laneWidth
            let asked = bought.indices.filter {
                random(drafts[bought[$0]].path, lane, 106) < excess[$0] - Double(round)
            }
            let rows = asked.map { bought[$0] }
            guard !rows.isEmpty else { continue }
            var more = rows.map { row in
                var draft = drafts[row]
                draft.gap = 0
                return draft
            }
            var part = model.sequence.model.select(state, rows: rows)
            let scene = scene(part, more)
            drawItems(&more, rows: Array(more.indices), scene, lane: lane)
            for (place, draft) in more.enumerated() {
                let taken = draft.item.map { item in
                    let factor = factors.factor(of: item, at: draft.time, path: draft.path)
                    return random(draft.path, lane, 107) * excess[asked[place]] < factor - 1
                }
                if taken != true {
                    more[place].item = nil
                    more[place].isRefused = true
                }
            }
            commit(more, &part)
            model.sequence.model.replace(rows, of: &state, with: part)
        }
    }
}
