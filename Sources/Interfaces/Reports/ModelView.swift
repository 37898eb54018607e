import Foundation
import Prediction

/// The values of the template about training.
struct ModelView {
    /// An expert and its held-out log-likelihood.
    struct Source {
        var source: String
        var isWhole: Bool
        var weight: String
        var bits: String
        var choices: String
        var barSVG: String
    }

    /// A category and its year.
    struct Season {
        var seasonName: String
        var seasonWords: String
        var seasonSVG: String
    }

    var figures: [CustomerView.Fact]
    var lossSVG: String
    var hasLoss: Bool
    var sources: [Source]
    var hasSources: Bool
    var catalogueSize: String
    var wholeWords: String?
    var yearly: [Season]
    var hasYearly: Bool
    var otherSeasons: String?

    /// How many seasons are drawn.
    private static let seasonLimit = 12

    init(_ metrics: TrainingMetrics, seasons: [CategorySeason]) {
        figures = [
            .init(term: "Events learned from", value: TextFormat.count(metrics.eventCount)),
            .init(term: "Customers", value: TextFormat.count(metrics.sequenceCount)),
            .init(term: "Items", value: TextFormat.count(metrics.itemCount)),
            .init(
                term: "Customers held out", value: TextFormat.count(metrics.heldOutSequenceCount)),
            .init(
                term: "Events of rare items left out",
                value: TextFormat.count(metrics.droppedEventCount)),
        ]
        hasLoss = !metrics.epochs.isEmpty
        lossSVG = LossChart(metrics.epochs).markup()
        catalogueSize = TextFormat.count(metrics.itemCount)
        let names = ["mixture"] + ExpertID.allCases.map(\.rawValue)
        let known = names.compactMap { name in
            metrics.heldOutBits[name].flatMap { $0.isFinite ? (name: name, bits: -$0) : nil }
        }.sorted { ($0.bits, $0.name) < ($1.bits, $1.name) }
        let end = known.map(\.bits).max() ?? 1
        sources = known.map { entry in
            let expert = ExpertID(rawValue: entry.name)
            return Source(
                source: expert.map { TextFormat.expert($0).title } ?? "All together",
                isWhole: expert == nil,
                weight: metrics.meanShares[entry.name].map { TextFormat.percent($0) } ?? "",
                bits: TextFormat.decimal(entry.bits, places: 2),
                choices: Self.choices(entry.bits, of: metrics.itemCount),
                barSVG: Bars.plain(entry.bits, end: end, isStrong: expert == nil))
        }
        hasSources = !sources.isEmpty
        let whole = metrics.heldOutBits["mixture"].flatMap { $0.isFinite ? -$0 : nil }
        wholeWords = whole.map { Self.words($0, of: metrics.itemCount) }
        let shown = seasons.prefix(Self.seasonLimit)
        let axis = SeasonChart.axis(Array(shown))
        yearly = shown.map { season in
            Season(
                seasonName: season.category, seasonWords: Self.words(season),
                seasonSVG: SeasonChart(season, axis: axis).markup())
        }
        hasYearly = !seasons.isEmpty
        otherSeasons =
            seasons.count > shown.count
            ? "And \(TextFormat.count(seasons.count - shown.count)) more categories."
            : nil
    }

    private static func words(_ season: CategorySeason) -> String {
        "\(change(season.strongest.index)) about \(season.strongest.middle), "
            + "\(change(season.weakest.index)) about \(season.weakest.middle)"
    }

    /// An index as what it differs from the mean week.
    private static func change(_ index: Double) -> String {
        let share = Int(((index - 1) * 100).rounded())
        return share == 0 ? "as usual" : share > 0 ? "\(share) % more" : "\(-share) % less"
    }

    private static func words(_ bits: Double, of items: Int) -> String {
        let all = TextFormat.count(items)
        let subject = "Predicting the next item of a held-out customer"
        guard exp2(bits) <= Double(items) else {
            return "\(subject) is harder than guessing among all \(all) items."
        }
        return "\(subject) is as hard as guessing among \(choices(bits, of: items)) equally likely "
            + "ones, of \(all)."
    }

    /// The perplexity: the number of equally likely items with the same bits.
    static func choices(_ bits: Double, of items: Int) -> String {
        let choices = exp2(min(60, max(0, bits)))
        guard choices <= Double(items) else { return "over \(TextFormat.count(items))" }
        return choices < 9.95
            ? TextFormat.decimal(choices, places: 1) : TextFormat.count(Int(choices.rounded()))
    }
}
