import Foundation
import Prediction
import Recommendations
import Shop
import Time

/// What the template of one customer's part is filled with.
struct CustomerView {
    /// A name and what it is.
    struct Fact {
        var term: String
        var value: String
    }

    /// An item that is recommended.
    struct Pick {
        var rank: Int
        var item: String
        var kind: String?
        var cost: String?
        var chance: String
        var range: String
        var when: String?
        var barSVG: String
        var reasons: [Why]
    }

    /// A reason.
    struct Why {
        var source: String
        var words: String
    }

    /// An entry of a legend.
    struct Key {
        var swatch: String
        var term: String
        var value: String?
        var meaning: String?
    }

    /// A category with its bar.
    struct Preference {
        var category: String
        var soFar: String
        var ahead: String
        var barSVG: String
    }

    var id: String
    var title: String
    var pseudonym: String
    var isColdStart: Bool
    var lead: String
    var facts: [Fact]
    var span: String
    var picks: [Pick]
    var hasPicks: Bool
    var scaleEnd: String
    var surprise: Pick?
    var experts: [Key]
    var expertsSVG: String
    var samplingError: String?
    var timelineSVG: [String]
    var timelineWords: String
    var timelineKeys: [Key]
    var preferences: [Preference]
    var hasPreferences: Bool
    var graphSVG: [String]
    var graphWords: String
    var graphKeys: [Key]
    var hasGraph: Bool
    var asOf: String
    var version: String

    init(_ report: TwinReport, anchor: String) {
        let recommendations = report.recommendations
        id = anchor
        title = report.title
        pseudonym = report.twin.userID
        isColdStart = recommendations.isColdStart
        span = TextFormat.span(days: recommendations.horizonDays)
        facts = Self.facts(report.twin, churn: report.churnProbability)
        let bounds = recommendations.items.flatMap {
            [$0.bestProbability, $0.bestInterval.upperBound]
        }
        let end = Self.scaleEnd(bounds.max() ?? 1)
        scaleEnd = TextFormat.percent(end)
        picks = recommendations.items.enumerated().map {
            Self.pick($1, rank: $0 + 1, end: end)
        }
        hasPicks = !picks.isEmpty
        surprise = recommendations.surprise.map { Self.pick($0, rank: 0, end: end) }
        lead = Self.lead(report, span: span)
        let parts = Self.parts(report.experts)
        experts = parts.enumerated().map { index, part in
            Key(
                swatch: "e\(min(index, 5))", term: part.title,
                value: TextFormat.percent(part.fraction), meaning: part.meaning)
        }
        expertsSVG = Bars.stack(
            parts.map(\.fraction), label: "Fractions of the experts, as in the list below")
        samplingError = report.itemHeadError.map {
            "The catalogue is large, so items of the LSTM are sampled approximately: about "
                + "\(TextFormat.percent($0)) of them would differ with exact sampling."
        }
        timelineSVG = [false, true].map {
            TimelineChart(report.activity, isNarrow: $0).markup()
        }
        timelineWords = Self.timelineWords(report, span: span)
        timelineKeys = Self.timelineKeys(report)
        preferences = Self.preferences(report.preferences)
        hasPreferences = !preferences.isEmpty
        graphSVG = [false, true].map {
            TwinGraphChart(report.drawing, isNarrow: $0).markup()
        }
        hasGraph = !report.drawing.nodes.isEmpty
        graphWords = Self.graphWords(report.drawing)
        graphKeys = Self.graphKeys(report.drawing)
        asOf = TextFormat.date(report.activity.origin)
        version = recommendations.modelVersion
    }

    /// The end of a scale of probabilities on which small ones can still be told apart.
    static func scaleEnd(_ greatest: Double) -> Double {
        [0.05, 0.1, 0.25, 0.5].first { greatest <= $0 } ?? 1
    }

    /// The smallest churn probability that is shown.
    private static let shownChurnMin = 0.1

    private static func facts(_ twin: UserTwin, churn: Double) -> [Fact] {
        var facts = [Fact(term: "Events", value: TextFormat.count(twin.eventCount))]
        if let first = twin.firstEvent {
            facts.append(Fact(term: "Known since", value: TextFormat.date(first)))
        }
        if let last = twin.lastUpdated {
            facts.append(Fact(term: "Last seen", value: TextFormat.date(last)))
        }
        if churn >= shownChurnMin {
            facts.append(Fact(term: "Churn probability", value: TextFormat.percent(churn)))
        }
        if let city = twin.city { facts.append(Fact(term: "City", value: city)) }
        if let daypart = twin.preferences.dayparts.first {
            let share = TextFormat.percent(daypart.share)
            facts.append(Fact(term: "Mostly active", value: "\(daypart.name) (\(share))"))
        }
        if let price = twin.preferences.priceLevel, price.isFinite {
            facts.append(Fact(term: "Usual price", value: TextFormat.decimal(price, places: 2)))
        }
        if !twin.searches.isEmpty {
            let words = twin.searches.prefix(3).map { "“\($0)”" }.joined(separator: ", ")
            facts.append(Fact(term: "Searches", value: words))
        }
        return facts
    }

    private static func lead(_ report: TwinReport, span: String) -> String {
        // The list is ranked by taste too; a sentence that says "most likely" is not.
        let items = report.recommendations.items.enumerated().sorted {
            ($1.element.bestProbability, $0.offset) < ($0.element.bestProbability, $1.offset)
        }
        let best = items.prefix(3).map(\.element)
            .map { "\($0.name) (\(TextFormat.percent($0.bestProbability)))" }
        guard let last = best.last else {
            return "Nothing can be said of the next \(span)."
        }
        let list = best.count > 1 ? best.dropLast().joined(separator: ", ") + " and " + last : last
        let known = report.recommendations.isColdStart ? "Popular with everybody" : "Most likely"
        return "\(known) in the next \(span): \(list)."
    }

    private static func pick(_ item: Recommendation, rank: Int, end: Double) -> Pick {
        let interval = item.bestInterval
        let range =
            "\(TextFormat.percent(interval.lowerBound)) to "
            + "\(TextFormat.percent(interval.upperBound))"
        let time = item.expectedDate.flatMap { Timestamp(text: $0) }
        return Pick(
            rank: rank, item: item.name, kind: item.category,
            cost: item.price.flatMap { $0.isFinite ? TextFormat.decimal($0, places: 2) : nil },
            chance: TextFormat.percent(item.bestProbability), range: range,
            when: time.map { TextFormat.day($0) },
            barSVG: Bars.probability(
                item.bestProbability, interval: [interval.lowerBound, interval.upperBound],
                end: end),
            reasons: item.reasons.prefix(2).map { reason in
                let name = ExpertID(publicName: reason.expert)
                return Why(
                    source: name.map { TextFormat.expert($0).title } ?? "Surprise",
                    words: readable(reason.text))
            })
    }

    /// A reason with its ISO dates as people write them.
    static func readable(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            guard word.count == 10, word.count(where: { $0 == "-" }) == 2,
                let time = Timestamp(text: word)
            else { return String(word) }
            return TextFormat.day(time)
        }.joined(separator: " ")
    }

    /// The parts of the bar of experts.
    ///
    /// Experts below 1 % share one part.
    static func parts(
        _ experts: [(name: ExpertID, fraction: Double)]
    ) -> [(title: String, meaning: String, fraction: Double)] {
        let slight = experts.filter { $0.fraction < 0.01 }
        let isShared = slight.count > 1
        var parts = experts.filter { !isShared || $0.fraction >= 0.01 }.map { entry in
            let words = TextFormat.expert(entry.name)
            return (title: words.title, meaning: words.meaning, fraction: entry.fraction)
        }
        if isShared {
            let names = slight.map { TextFormat.expert($0.name).title.lowercased() }
            let fraction = slight.reduce(0) { $0 + $1.fraction }
            parts.append(
                (title: "Others", meaning: names.joined(separator: ", "), fraction: fraction))
        }
        return parts
    }

    private static func preferences(_ all: [CategoryPreference]) -> [Preference] {
        let shown = all.prefix(6)
        let end = shown.flatMap { [$0.past, $0.expected] }.max() ?? 0
        return shown.map {
            Preference(
                category: $0.name, soFar: TextFormat.percent($0.past),
                ahead: TextFormat.percent($0.expected), barSVG: Bars.preference($0, end: end * 1.04)
            )
        }
    }
}
