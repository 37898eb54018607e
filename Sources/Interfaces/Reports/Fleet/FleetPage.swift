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
                + "\(TextFormat.day(firstNoon, weekday: false)) to "
                + "\(TextFormat.date(day(report.dayCount - 1)))",
            how: "Every customer has a digital twin, and many futures of each twin are simulated. "
                + "Expected numbers are means over these futures.",
            leadWords: lead(span), warnings: warnings, tiles: tiles, parts: parts,
            footWords: [
                "Made by Foretwin. The futures start at \(report.from). Days are 24-hour periods "
                    + "from then on, labelled by the UTC date that covers most of them. If the run "
                    + "counted all events with an item, purchase means any event here. Customers "
                    + "are named by customer key.",
                "Intervals are 90 % intervals: 9 futures of 10. Customers are simulated "
                    + "independently of each other. "
                    + (report.hasModelError
                        ? "Intervals include the error of demand that the back-test of the model "
                            + "found. They do not cover new shocks that affect all customers, such "
                            + "as a heat wave. "
                        : "Intervals do not cover the error of the model, or shocks that affect "
                            + "all customers, such as a heat wave. ")
                    + "A back-test measures how well probabilities are calibrated.",
            ])
    }

    private func lead(_ span: String) -> String {
        let sum = report.purchases
        var text =
            "In the next \(span) they are expected to make \(TextFormat.amount(sum.expected)) "
            + "purchases"
        if let low = sum.low, let high = sum.high {
            text +=
                ", between \(TextFormat.amount(low)) and \(TextFormat.amount(high)) in 9 futures "
                + "of 10"
        }
        let names = report.categories.prefix(3).map { Self.category($0.name) }
        guard let last = names.last, names.count > 1 else { return text + "." }
        let list = names.dropLast().joined(separator: ", ") + " and " + last
        return text + ", most of them in \(list)."
    }

    private var warnings: [String] {
        guard !report.hasDemand else { return [] }
        return [
            "The figures count only the likeliest items of each customer, so they are too low, and "
                + "there are no figures by day. Simulate with demand, and give the demand file to "
                + "the report."
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
                tileTerm: "Purchases per customer",
                tileValue: TextFormat.decimal(
                    sum.expected / Double(max(1, report.twins)), places: 1),
                tileNote: "in \(TextFormat.span(days: Double(report.dayCount)))"),
        ]
        if report.pricedFraction > 0 {
            tiles.append(
                CardsView.Tile(
                    tileTerm: "Expected spend", tileValue: TextFormat.amount(report.spend),
                    tileNote: report.pricedFraction > 0.995
                        ? "at list prices"
                        : "for \(TextFormat.percent(report.pricedFraction)) of purchases with "
                            + "known prices"
                ))
        }
        if let best = report.purchasesByDay.indices.max(by: {
            report.purchasesByDay[$0].expected < report.purchasesByDay[$1].expected
        }) {
            tiles.append(
                CardsView.Tile(
                    tileTerm: "Busiest day", tileValue: TextFormat.day(day(best)),
                    tileNote: "\(TextFormat.amount(report.purchasesByDay[best].expected)) purchases"
                ))
        }
        if let change = report.change {
            tiles.append(
                CardsView.Tile(
                    tileTerm: "Since the last run",
                    tileValue: TextFormat.difference(change.purchases.difference),
                    tileNote:
                        "margin of error: ±\(TextFormat.amount(change.purchases.marginOfError))"))
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
