extension FleetPage {
    /// Demand by day and category.
    var demand: CardsView.Part {
        var cards: [CardsView.Card] = []
        if report.hasDemand {
            cards.append(byDay)
            cards += report.categories.prefix(CategoryColors.count).map(fan)
        }
        let largest =
            report.categories.map { $0.purchases.high ?? $0.purchases.expected }.max() ?? 0
        cards.append(
            CardsView.Card(
                "All categories",
                "Expected purchases over all days"
                    + (report.hasDemand ? "; the thin line is the interval." : "."), isWide: true,
                rows: report.categories.prefix(24).map { category in
                    CardsView.Row(
                        rowTerm: Self.category(category.name),
                        rowKind: category.spend > 0
                            ? "spend \(TextFormat.amount(category.spend))" : "",
                        rowSVG: Bars.probability(
                            category.purchases.expected,
                            interval: Self.interval(category.purchases),
                            end: largest),
                        rowFigure: TextFormat.amount(category.purchases.expected),
                        rowNote: Self.range(category.purchases))
                }, more: Self.rest(report.categories.count - 24, "category", "categories")))
        return CardsView.Part(
            anchor: "demand", partTitle: "Demand",
            partWords: "The expected purchases of all customers together, by day."
                + (report.hasDemand
                    ? " Lines are expected purchases, bands hold 9 futures of 10." : ""),
            cards: cards)
    }

    private var byDay: CardsView.Card {
        let days = report.dayCount
        var sums = [[Double]](
            repeating: [Double](repeating: 0, count: days), count: CategoryColors.count + 1)
        for category in report.categories {
            let color = colors.index(of: Self.category(category.name))
            for (day, estimate) in category.purchasesByDay.enumerated() where day < days {
                sums[color][day] += estimate.expected
            }
        }
        let layers = sums.enumerated().filter { $0.element.contains { $0 > 0 } }
        let charts = CardsView.both { isNarrow in
            DemandChart(
                layers.map { DemandChart.Layer(style: "layer f\($0.offset)", days: $0.element) },
                totals: report.purchasesByDay, origin: firstNoon, isNarrow: isNarrow
            ).markup(label: "Expected purchases on each of \(days) days, by category")
        }
        let keys = layers.map { layer in
            CardsView.Key(
                swatch: "f\(layer.offset)",
                keyTerm: colors.names.indices.contains(layer.offset)
                    ? colors.names[layer.offset] : CategoryColors.other)
        }
        return CardsView.Card(
            "Expected purchases by day", "Each bar is a day, stacked by category.",
            isWide: true, chartsSVG: charts,
            keys: keys + [
                CardsView.Key(swatch: "whiskerswatch", keyTerm: "The day's sum in 9 futures of 10")
            ])
    }

    private func fan(_ category: FleetReport.Category) -> CardsView.Card {
        let name = Self.category(category.name)
        let sum = category.purchases
        return CardsView.Card(
            name,
            "\(TextFormat.amount(sum.expected)) purchases, \(Self.range(sum)).",
            chartsSVG: CardsView.both { isNarrow in
                FanChart(
                    category.purchasesByDay, origin: firstNoon, color: colors.index(of: name),
                    isNarrow: isNarrow
                ).markup(label: "Expected purchases of \(name) by day")
            })
    }

    static func interval(_ estimate: FleetReport.Estimate) -> [Double] {
        guard let low = estimate.low, let high = estimate.high else { return [] }
        return [low, high]
    }

    /// How many rows are left out, in words; empty if none are.
    static func rest(_ count: Int, _ one: String, _ many: String) -> String {
        guard count > 0 else { return "" }
        return
            "And \(TextFormat.count(count)) more \(count == 1 ? one : many), in the report as CSV "
            + "or JSON."
    }
}
