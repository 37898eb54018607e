import Foundation
import Prediction

/// What the template of the training's part is filled with.
struct ModelView {
    /// A source and how well it foresaw what was held out.
    struct Source {
        var source: String
        var isWhole: Bool
        var weight: String
        var bits: String
        var choices: String
        var barSVG: String
    }

    var figures: [CustomerView.Fact]
    var lossSVG: String
    var hasLoss: Bool
    var sources: [Source]
    var hasSources: Bool
    var catalogueSize: String
    var wholeWords: String?

    init(_ metrics: TrainingMetrics) {
        figures = [
            .init(term: "Events learned from", value: Words.count(metrics.eventCount)),
            .init(term: "Customers", value: Words.count(metrics.sequenceCount)),
            .init(term: "Items", value: Words.count(metrics.itemCount)),
            .init(
                term: "Customers held out", value: Words.count(metrics.heldOutSequenceCount)),
            .init(
                term: "Events of rare items left out",
                value: Words.count(metrics.droppedEventCount)),
        ]
        hasLoss = !metrics.epochs.isEmpty
        lossSVG = LossChart(metrics.epochs).markup()
        catalogueSize = Words.count(metrics.itemCount)
        let names = ["mixture"] + EvidenceName.allCases.map(\.rawValue)
        let known = names.compactMap { name in
            metrics.heldOutBits[name].flatMap { $0.isFinite ? (name: name, bits: -$0) : nil }
        }.sorted { ($0.bits, $0.name) < ($1.bits, $1.name) }
        let end = known.map(\.bits).max() ?? 1
        sources = known.map { entry in
            let evidence = EvidenceName(rawValue: entry.name)
            return Source(
                source: evidence.map { Words.evidence($0).title } ?? "All together",
                isWhole: evidence == nil,
                weight: metrics.meanShares[entry.name].map { Words.percent($0) } ?? "",
                bits: Words.decimal(entry.bits, places: 2), choices: Self.choices(entry.bits),
                barSVG: Bars.plain(entry.bits, end: end, isStrong: evidence == nil))
        }
        hasSources = !sources.isEmpty
        let whole = metrics.heldOutBits["mixture"].flatMap { $0.isFinite ? -$0 : nil }
        wholeWords = whole.map {
            "Foreseeing a held-out customer's next item was as hard as guessing among "
                + "\(Self.choices($0)) equally likely ones, of \(Words.count(metrics.itemCount))."
        }
    }

    /// Among how many equally likely items one would have to guess to do as well.
    static func choices(_ bits: Double) -> String {
        guard bits < 24 else { return "millions" }
        let choices = exp2(max(0, bits))
        return choices < 9.95
            ? Words.decimal(choices, places: 1) : Words.count(Int(choices.rounded()))
    }
}
