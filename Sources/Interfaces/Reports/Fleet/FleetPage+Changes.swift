import Time

extension FleetPage {
    /// The changes since an earlier run.
    func changes(_ change: FleetChange) -> CardsView.Part {
        let date = Timestamp(text: change.from).map { TextFormat.date($0) } ?? change.from
        let kept = report.twins - change.newTwins
        let words =
            "The run from \(date) has \(TextFormat.count(change.twinsBefore, "customer")). "
            + "\(TextFormat.count(kept)) of them are in both runs, "
            + "\(TextFormat.count(change.newTwins)) are new, \(TextFormat.count(change.goneTwins)) "
            + "are gone. Both runs forecast \(TextFormat.span(days: Double(report.dayCount))), "
            + "each from its own start. The margin of error is that of the simulation: another "
            + "seed would move the figures as much."
        let keys = [
            CardsView.Key(swatch: "f2", keyTerm: "More than before"),
            CardsView.Key(swatch: "f1", keyTerm: "Less than before"),
            CardsView.Key(
                swatch: "chanceswatch",
                keyTerm: "95 % margin of error"),
        ]
        let all = change.purchases
        let total = CardsView.Card(
            "Categories",
            "All purchases: \(TextFormat.amount(all.before)) → \(TextFormat.amount(all.after)), "
                + "\(TextFormat.difference(all.difference)); margin of error "
                + "±\(TextFormat.amount(all.marginOfError)). The largest changes:",
            isWide: true, keys: keys, rows: rows(change.categories.prefix(10).map { $0 }),
            more: change.items.count > 20
                ? "Of \(TextFormat.count(change.items.count)) items, about one in twenty leaves "
                    + "its margin of error by chance." : "")
        return CardsView.Part(
            anchor: "changes", partTitle: "Changes", partWords: words,
            cards: [
                total,
                CardsView.Card(
                    "Items gaining", "The largest gains in expected purchases.",
                    rows: rows(change.items.filter { $0.difference > 0 }.prefix(8).map { $0 })),
                CardsView.Card(
                    "Items losing", "The largest losses in expected purchases.",
                    rows: rows(change.items.filter { $0.difference < 0 }.prefix(8).map { $0 })),
                CardsView.Card(
                    "Customers with the largest changes", "Of those in both runs.", isWide: true,
                    rows: rows(
                        change.twins.map {
                            var row = $0
                            row.name = TextFormat.short($0.name)
                            return row
                        })),
            ])
    }

    /// Rows on one scale.
    private func rows(_ list: [FleetChange.Row]) -> [CardsView.Row] {
        let end = list.map { max(abs($0.difference), $0.marginOfError) }.max() ?? 0
        return list.map { row in
            CardsView.Row(
                rowTerm: Self.category(row.name),
                rowKind: [row.before, row.after].map { TextFormat.amount($0) }
                    .joined(separator: "\(TextFormat.blank)→\(TextFormat.blank)"),
                rowSVG: Bars.change(row.difference, chance: row.marginOfError, end: end),
                rowFigure: TextFormat.difference(row.difference),
                rowNote: row.isSignificant ? "significant" : "within the margin of error")
        }
    }
}
