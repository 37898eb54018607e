import Time

extension FleetReport {
    /// The report as a page: self-contained HTML that is also well-formed XML, without scripts, and
    /// that loads nothing from anywhere.
    ///
    /// - Returns: The page; the same report always gives the same bytes.
    /// - Throws: A template error, which is a fault of this module.
    package func html() throws -> String { try Templates.render(FleetPage(self).view()) }
}

/// Puts a fleet report into words and drawings.
struct FleetPage {
    let report: FleetReport
    /// The middle of the first day.
    let firstNoon: Timestamp
    let colors: CategoryColors

    /// Rows of a list at most.
    static let rowLimit = 15

    init(_ report: FleetReport) {
        self.report = report
        let origin = Timestamp(text: report.from) ?? Timestamp(seconds: 0)
        firstNoon = Timestamp(seconds: origin.seconds + 43_200)
        colors = CategoryColors(
            weights: Dictionary(
                report.categories.map { (Self.category($0.name), $0.purchases.expected) },
                uniquingKeysWith: +))
    }

    /// What the template is filled with.
    func view() -> CardsView {
        let span = TextFormat.span(days: Double(report.dayCount))
        return CardsView(
            heading: "What \(TextFormat.count(report.twins, "customer")) will need, "
                + "\(TextFormat.day(firstNoon, weekday: false)) to \(TextFormat.date(day(report.dayCount - 1)))",
            how: "Every customer has a digital twin, and many possible futures of it are "
                + "simulated. What is expected is the mean over those futures.",
            leadWords: lead(span), warnings: warnings, tiles: tiles, parts: parts,
            footWords: [
                "Made by Foretwin. The futures start at \(report.from); a day is 24 hours from then "
                    + "on, and is called by the date (UTC) that holds most of it. Every event that the run counted is called a "
                    + "purchase here, also if it was told to count any contact. Customers are "
                    + "named by their pseudonyms.",
                "A range holds 9 futures of 10. Customers are simulated each on its own, so that "
                    + "ups and downs even out between them. "
                    + (report.hasModelError
                        ? "A range also holds how far the demand that the model foresaw was off in "
                            + "its back-test; not what moves all at once and did not so then, "
                            + "such as a heat wave. "
                        : "A range does not hold what moves all at once, such as a heat wave, nor "
                            + "how far the model may be wrong. ")
                    + "Whether probabilities hold is what foretwin backtest tells.",
            ])
    }

    private func lead(_ span: String) -> String {
        let sum = report.purchases
        var text =
            "In the next \(span) they will make about \(TextFormat.amount(sum.expected)) purchases"
        if let low = sum.low, let high = sum.high {
            text +=
                ", in 9 futures of 10 between \(TextFormat.amount(low)) and \(TextFormat.amount(high))"
        }
        let names = report.categories.prefix(3).map { Self.category($0.name) }
        guard let last = names.last, names.count > 1 else { return text + "." }
        let list = names.dropLast().joined(separator: ", ") + " and " + last
        return text + ", most of all of \(list)."
    }

    private var warnings: [String] {
        guard !report.hasDemand else { return [] }
        return [
            "The figures count only the likeliest items of each customer, so that they are too "
                + "low, and there are none by day. Run foretwin simulate --all with --demand, and "
                + "this command with it too."
        ]
    }

    private var tiles: [CardsView.Tile] {
        let sum = report.purchases
        var tiles = [
            CardsView.Tile(
                tileTerm: "Customers", tileValue: TextFormat.count(report.twins),
                tileNote: "with any purchase in their futures"),
            CardsView.Tile(
                tileTerm: "Expected purchases", tileValue: TextFormat.amount(sum.expected),
                tileNote: Self.range(sum)),
            CardsView.Tile(
                tileTerm: "Purchases a customer",
                tileValue: TextFormat.decimal(
                    sum.expected / Double(max(1, report.twins)), places: 1),
                tileNote: "in \(TextFormat.span(days: Double(report.dayCount)))"),
        ]
        if report.pricedShare > 0 {
            tiles.append(
                CardsView.Tile(
                    tileTerm: "Expected spend", tileValue: TextFormat.amount(report.spend),
                    tileNote: report.pricedShare > 0.995
                        ? "at list prices"
                        : "prices known of \(TextFormat.percent(report.pricedShare)) of purchases"))
        }
        if let best = report.days.indices.max(by: {
            report.days[$0].expected < report.days[$1].expected
        }) {
            tiles.append(
                CardsView.Tile(
                    tileTerm: "Busiest day", tileValue: TextFormat.day(day(best)),
                    tileNote: "\(TextFormat.amount(report.days[best].expected)) purchases"))
        }
        if let change = report.change {
            tiles.append(
                CardsView.Tile(
                    tileTerm: "Since the last run",
                    tileValue: TextFormat.difference(change.purchases.difference),
                    tileNote: "chance alone: up to ±\(TextFormat.amount(change.purchases.chance))"))
        }
        return tiles
    }

    private var parts: [CardsView.Part] {
        var parts = [demand]
        if let change = report.change { parts.append(changes(change)) }
        return parts + [items, due, customers]
    }

    /// The middle of a day, which is on the date that holds most of it.
    func day(_ index: Int) -> Timestamp {
        Timestamp(seconds: firstNoon.seconds + Int64(index) * 86_400)
    }

    static func category(_ name: String) -> String { name.isEmpty ? CategoryColors.none : name }

    /// Where a number lies in 9 futures of 10, if that is known.
    static func range(_ estimate: FleetReport.Estimate) -> String {
        guard let low = estimate.low, let high = estimate.high else { return "" }
        return "\(TextFormat.amount(low)) to \(TextFormat.amount(high))"
    }
}
