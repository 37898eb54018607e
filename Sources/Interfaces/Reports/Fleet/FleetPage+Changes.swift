import Time

extension FleetPage {
    /// What changed since an earlier run.
    func changes(_ change: FleetChange) -> CardsView.Part {
        let date = Timestamp(text: change.from).map { TextFormat.date($0) } ?? change.from
        let kept = report.twins - change.newTwins
        let words =
            "The run from \(date) foresaw \(TextFormat.count(change.twinsBefore, "customer")). "
            + "\(TextFormat.count(kept)) of them are still there, \(TextFormat.count(change.newTwins)) are "
            + "new, \(TextFormat.count(change.goneTwins)) are gone. Both runs look "
            + "\(TextFormat.span(days: Double(report.dayCount))) ahead, each from its own "
            + "moment. Chance here is that of simulating: another seed would move the figures as "
            + "much."
        let keys = [
            CardsView.Key(swatch: "f2", keyTerm: "More than before"),
            CardsView.Key(swatch: "f1", keyTerm: "Less than before"),
            CardsView.Key(
                swatch: "chanceswatch",
                keyTerm: "What chance alone may do (95 of 100 such differences)"),
        ]
        let all = change.purchases
        let total = CardsView.Card(
            "Categories",
            "All purchases: \(TextFormat.amount(all.before)) → \(TextFormat.amount(all.after)), "
                + "\(TextFormat.difference(all.difference)); chance alone may do "
                + "±\(TextFormat.amount(all.chance)). The categories that differ most:",
            isWide: true, keys: keys, rows: rows(change.categories.prefix(10).map { $0 }),
            more: change.items.count > 20
                ? "Of \(TextFormat.count(change.items.count)) items, about one in twenty would leave "
                    + "its band by chance alone." : "")
        return CardsView.Part(
            anchor: "changes", partTitle: "Changes", partWords: words,
            cards: [
                total,
                CardsView.Card(
                    "Items gaining", "The greatest gains in expected purchases.",
                    rows: rows(change.items.filter { $0.difference > 0 }.prefix(8).map { $0 })),
                CardsView.Card(
                    "Items losing", "The greatest losses in expected purchases.",
                    rows: rows(change.items.filter { $0.difference < 0 }.prefix(8).map { $0 })),
                CardsView.Card(
                    "Customers who changed most", "Of those in both runs.", isWide: true,
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
        let end = list.map { max(abs($0.difference), $0.chance) }.max() ?? 0
        return list.map { row in
            CardsView.Row(
                rowTerm: Self.category(row.name),
                rowKind: [row.before, row.after].map { TextFormat.amount($0) }
                    .joined(separator: "\(TextFormat.blank)→\(TextFormat.blank)"),
                rowSVG: Bars.change(row.difference, chance: row.chance, end: end),
                rowFigure: TextFormat.difference(row.difference),
                rowNote: row.isBeyondChance ? "beyond chance" : "may be chance")
        }
    }
}
