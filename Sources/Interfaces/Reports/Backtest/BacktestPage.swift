package import Backtesting
import Learning
import Simulation
package import Time

/// A page about how well forecasts of the past held.
package struct BacktestPage: Sendable {
    private let report: BacktestReport
    private let origin: Timestamp

    /// Makes a page.
    ///
    /// - Parameters:
    ///   - report: What was foreseen, beside what came.
    ///   - origin: The moment that was foreseen from.
    package init(_ report: BacktestReport, origin: Timestamp) {
        self.report = report
        self.origin = origin
    }

    /// The page: self-contained HTML that is also well-formed XML, without scripts, and that loads
    /// nothing from anywhere.
    ///
    /// - Returns: The page; the same report always gives the same bytes.
    /// - Throws: A template error, which is a fault of this module.
    package func html() throws -> String { try Templates.render(view) }

    private var view: CardsView {
        CardsView(
            heading: "Did the forecasts hold?",
            how: "A probability is right if what is said to be 30 % probable happens 30 times of "
                + "100: then the dots lie on the diagonal.",
            leadWords: lead, warnings: [], tiles: tiles,
            parts: [reliability, scores, numbers, realism],
            footWords: [
                "Made by Foretwin. Forecasts are of the likeliest items of each customer, from "
                    + "\(TextFormat.date(origin)) on (UTC), by a model that knew nothing of what came; "
                    + "calibrated on what came earlier."
            ])
    }

    private var lead: String {
        let people = TextFormat.count(report.customers, "customer")
        guard let worst = report.windows.max(by: { $0.model.ece < $1.model.ece }) else {
            return
                "\(people), foreseen from \(TextFormat.date(origin)): there is nothing to compare."
        }
        return
            "\(people), foreseen from \(TextFormat.date(origin)) and compared with what came. On "
            + "average a probability is \(Self.points(worst.model.ece)) off or less."
    }

    private var tiles: [CardsView.Tile] {
        var tiles = [
            CardsView.Tile(tileTerm: "Customers", tileValue: TextFormat.count(report.customers))
        ]
        for window in report.windows {
            let gain = 1 - window.model.brier / max(1e-9, window.frequency.brier)
            tiles.append(
                CardsView.Tile(
                    tileTerm: "Within \(TextFormat.span(days: window.days))",
                    tileValue: "± \(Self.points(window.model.ece))",
                    tileNote: "off on average; squared error "
                        + "\(TextFormat.percent(abs(gain))) \(gain >= 0 ? "less" : "more") than by "
                        + "customers' own frequency"))
        }
        if let last = report.windows.last {
            tiles.append(
                CardsView.Tile(
                    tileTerm: "In the 90 % interval",
                    tileValue: TextFormat.percent(last.coverage90),
                    tileNote: "of customers' numbers of purchases; 90 % would be right"))
        }
        return tiles
    }

    private var reliability: CardsView.Part {
        CardsView.Part(
            anchor: "reliability", partTitle: "Reliability",
            partWords: "Across: what was foreseen. Upwards: how often it happened. Above the "
                + "diagonal forecasts were too low, below too high.",
            cards: report.windows.map { window in
                let span = TextFormat.span(days: window.days)
                let count = window.model.bins.reduce(0) { $0 + $1.count }
                return CardsView.Card(
                    "Bought within \(span)",
                    "\(TextFormat.count(count, "forecast")), calibration error "
                        + "\(Self.points(window.model.ece)).",
                    chartsSVG: ReliabilityChart(window.model)
                        .markup(label: "Foreseen and happened within \(span)"),
                    keys: [
                        CardsView.Key(
                            swatch: "reliableswatch",
                            keyTerm: "Forecasts of about one probability; larger: more of them"),
                        CardsView.Key(swatch: "diagonalswatch", keyTerm: "Exactly right"),
                        CardsView.Key(
                            swatch: "whiskerswatch", keyTerm: "95 % range by their number"),
                    ])
            })
    }

    private var scores: CardsView.Part {
        let rows: [(String, (BacktestReport.Window) -> String)] = [
            ("Calibration error", { Self.decimal($0.model.ece) }),
            ("… of the first ten of each list", { Self.decimal($0.top10.ece) }),
            (
                "… against true probabilities",
                { $0.top10Truth.map { Self.decimal($0.ece) } ?? "–" }
            ),
            ("… before calibration", { Self.decimal($0.uncalibrated.ece) }),
            ("Brier score", { Self.decimal($0.model.brier) }),
            ("… before calibration", { Self.decimal($0.uncalibrated.brier) }),
            ("… of customers' own frequency", { Self.decimal($0.frequency.brier) }),
            ("Numbers in the 90 % interval", { TextFormat.percent($0.coverage90) }),
        ]
        return CardsView.Part(
            anchor: "scores", partTitle: "Scores",
            partWords: "Less is better, but for the share in the interval, which should be 90 %.",
            cards: [
                CardsView.Card(
                    "By horizon", "Means over forecasts.", isWide: true,
                    head: ["Score"] + report.windows.map { TextFormat.span(days: $0.days) },
                    lines: rows.map { name, value in
                        CardsView.Line(lineTerm: name, cells: report.windows.map(value))
                    })
            ])
    }

    private var numbers: CardsView.Part {
        let windows = report.windows.map {
            (title: "Purchases within \(TextFormat.span(days: $0.days))", places: $0.count)
        }
        return CardsView.Part(
            anchor: "numbers", partTitle: "Numbers and times",
            partWords:
                "Where what came lies among what was simulated, in tenths. Bars of one height "
                + "are right; a hump says that futures differ too much, a bowl too little, a slope "
                + "that they hold too much or too little.",
            cards: (windows + [(title: "Time to the next purchase", places: report.next)]).map {
                card($0.title, $0.places)
            })
    }

    private func card(_ title: String, _ places: KolmogorovSmirnovTest) -> CardsView.Card {
        CardsView.Card(
            title,
            "Greatest distance from even: \(Self.decimal(places.distance)), which chance alone "
                + "exceeds \(TextFormat.percent(places.p)) of the time.",
            chartsSVG: CardsView.both {
                HistogramChart(places.deciles, isNarrow: $0)
                    .markup(label: "\(title): tenths of the simulated numbers")
            })
    }

    private var realism: CardsView.Part {
        let real = report.realism
        let names = [
            "lengths": "Number of events", "gaps": "Time between events",
            "weekParts": "Part of the week", "types": "Types of events",
            "categories": "Categories",
        ]
        let pairs = CardsView.Card(
            "Simulated and real customers", "Means over customers.",
            head: ["", "simulated", "real"],
            lines: [
                CardsView.Line(
                    lineTerm: "Events",
                    cells: [
                        TextFormat.amount(real.simulatedEvents), TextFormat.amount(real.realEvents),
                    ]),
                CardsView.Line(
                    lineTerm: "With an item met before",
                    cells: [
                        TextFormat.percent(real.simulatedRepeats),
                        TextFormat.percent(real.realRepeats),
                    ]),
            ])
        let distances = CardsView.Card(
            "How far distributions differ", "0 is the same, 1 has nothing in common.",
            rows: real.distances.sorted { $0.key < $1.key }.map { name, distance in
                CardsView.Row(
                    rowTerm: names[name] ?? name,
                    rowSVG: Bars.plain(distance, end: 1, isStrong: true),
                    rowFigure: Self.decimal(distance))
            })
        return CardsView.Part(
            anchor: "realism", partTitle: "Realism",
            partWords: "Whether simulated customers look like real ones.",
            cards: [pairs, distances])
    }

    /// A difference of probabilities.
    private static func points(_ value: Double) -> String {
        "\(TextFormat.decimal(value * 100, places: 1))\(TextFormat.blank)points"
    }

    private static func decimal(_ value: Double) -> String { TextFormat.decimal(value, places: 3) }
}
