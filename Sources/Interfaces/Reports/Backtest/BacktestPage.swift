package import Backtesting
import Learning
import Simulation
package import Time

/// A page about the result of a back-test.
package struct BacktestPage: Sendable {
    private let report: BacktestReport
    private let origin: Timestamp

    /// Makes a page.
    ///
    /// - Parameters:
    ///   - report: The result of the back-test.
    ///   - origin: The origin of the forecasts.
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
            how: "Probabilities are calibrated if things forecast with 30 % happen 30 times of "
                + "100: then the dots are on the diagonal.",
            leadWords: lead, warnings: [], tiles: tiles,
            parts: [reliability, scores, numbers, realism],
            footWords: [
                "Made by Foretwin. Forecasts are for the likeliest items of each customer, from "
                    + "\(TextFormat.date(origin)) on (UTC). The model was trained on earlier data "
                    + "only, and calibrated on earlier forecasts."
            ])
    }

    private var lead: String {
        let people = TextFormat.count(report.customers, "customer")
        guard let worst = report.windows.max(by: { $0.model.ece < $1.model.ece }) else {
            return
                "\(people), forecasts from \(TextFormat.date(origin)): there is nothing to compare."
        }
        return
            "\(people), forecasts from \(TextFormat.date(origin)), compared with what happened. "
            + "The calibration error is at most \(Self.points(worst.model.ece))."
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
                    tileNote: "calibration error; Brier score "
                        + "\(TextFormat.percent(abs(gain))) \(gain >= 0 ? "lower" : "higher") than "
                        + "that of the customers' own frequencies"))
        }
        if let last = report.windows.last {
            tiles.append(
                CardsView.Tile(
                    tileTerm: "Coverage of 90 % intervals",
                    tileValue: TextFormat.percent(last.coverage90),
                    tileNote: "numbers of purchases of customers; the target is 90 %"))
        }
        return tiles
    }

    private var reliability: CardsView.Part {
        CardsView.Part(
            anchor: "reliability", partTitle: "Reliability",
            partWords: "Horizontal: forecast probability. Vertical: observed frequency. Above the "
                + "diagonal forecasts were too low, below too high.",
            cards: report.windows.map { window in
                let span = TextFormat.span(days: window.days)
                let count = window.model.bins.reduce(0) { $0 + $1.count }
                return CardsView.Card(
                    "Bought within \(span)",
                    "\(TextFormat.count(count, "forecast")), calibration error "
                        + "\(Self.points(window.model.ece)).",
                    chartsSVG: ReliabilityChart(window.model)
                        .markup(
                            label: "Forecast probability and observed frequency within \(span)"),
                    keys: [
                        CardsView.Key(
                            swatch: "reliableswatch",
                            keyTerm: "Forecasts of similar probability; larger dot: more of them"),
                        CardsView.Key(swatch: "diagonalswatch", keyTerm: "Perfect calibration"),
                        CardsView.Key(
                            swatch: "whiskerswatch", keyTerm: "95 % interval by their number"),
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
            ("… of the customers' own frequencies", { Self.decimal($0.frequency.brier) }),
            ("Coverage of 90 % intervals", { TextFormat.percent($0.coverage90) }),
        ]
        return CardsView.Part(
            anchor: "scores", partTitle: "Scores",
            partWords: "Lower is better, except for the coverage, whose target is 90 %.",
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
            (title: "Purchases within \(TextFormat.span(days: $0.days))", test: $0.count)
        }
        return CardsView.Part(
            anchor: "numbers", partTitle: "Numbers and times",
            partWords:
                "PIT histograms: the position of the outcome among the simulated values, in "
                + "tenths. Calibrated forecasts give bars of equal height. A hump means that "
                + "simulated values vary too much, a bowl too little, a slope that they are too "
                + "high or too low.",
            cards: (windows + [(title: "Time to the next purchase", test: report.next)]).map {
                card($0.title, $0.test)
            })
    }

    private func card(_ title: String, _ test: KolmogorovSmirnovTest) -> CardsView.Card {
        CardsView.Card(
            title,
            "Kolmogorov–Smirnov distance \(Self.decimal(test.distance)), p-value "
                + "\(Self.decimal(test.p)).",
            chartsSVG: CardsView.both {
                HistogramChart(test.deciles, isNarrow: $0)
                    .markup(label: "\(title): tenths of the simulated numbers")
            })
    }

    private var realism: CardsView.Part {
        let real = report.realism
        let names = [
            "lengths": "Number of events", "gaps": "Time between events",
            "week_parts": "Part of the week", "types": "Types of events",
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
                    lineTerm: "Events with a known item",
                    cells: [
                        TextFormat.percent(real.simulatedRepeats),
                        TextFormat.percent(real.realRepeats),
                    ]),
            ])
        let distances = CardsView.Card(
            "Total variation distances", "0: the distributions are equal. 1: they have no overlap.",
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
