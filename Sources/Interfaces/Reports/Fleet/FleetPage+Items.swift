import Time

extension FleetPage {
    /// The items most in demand, and how probable forecasts are.
    var items: CardsView.Part {
        let shown = report.items.prefix(Self.rowLimit)
        let largest = shown.map { $0.purchases.high ?? $0.purchases.expected }.max() ?? 0
        let top = CardsView.Card(
            "Most in demand",
            "Expected purchases over all days" + (report.hasDemand ? ", with the interval." : "."),
            isWide: true,
            rows: shown.map { item in
                CardsView.Row(
                    rowTerm: item.name,
                    rowKind: item.category
                        + (item.spend.map { " · spend \(TextFormat.amount($0))" } ?? ""),
                    rowSVG: Bars.probability(
                        item.purchases.expected, interval: Self.interval(item.purchases),
                        end: largest),
                    rowFigure: TextFormat.amount(item.purchases.expected),
                    rowNote: Self.range(item.purchases))
            }, more: Self.rest(report.items.count - shown.count, "item", "items"))
        return CardsView.Part(
            anchor: "items", partTitle: "Items",
            partWords: "The items with the highest expected demand.",
            cards: [top])
    }

    /// When customers will need what.
    var due: CardsView.Part {
        let estimates = report.firstPurchasesByDay.map { FleetReport.Estimate(expected: $0) }
        let weekend = [Int](report.firstPurchasesByDay.indices).map { isWeekend(day($0)) }
        func layer(_ isWeekend: Bool) -> [Double] {
            zip(report.firstPurchasesByDay, weekend).map { $1 == isWeekend ? $0 : 0 }
        }
        let layers = [
            DemandChart.Layer(style: "bar", days: layer(false)),
            DemandChart.Layer(style: "weekend", days: layer(true)),
        ]
        let chart = CardsView.both { isNarrow in
            DemandChart(layers, totals: estimates, origin: firstNoon, isNarrow: isNarrow)
                .markup(label: "Expected first purchases on each day")
        }
        let calendar = CardsView.Card(
            "First purchases by day",
            "Each customer and item counts once, on the expected day of the first purchase. Days "
                + "between the known quantiles are interpolated.",
            isWide: true, chartsSVG: chart,
            keys: [
                CardsView.Key(swatch: "weekdayswatch", keyTerm: "Monday to Friday"),
                CardsView.Key(swatch: "weekendswatch", keyTerm: "Saturday and Sunday"),
            ])
        let weeks = stride(from: 0, to: min(report.dayCount, 28), by: 7).map(week)
        return CardsView.Part(
            anchor: "due", partTitle: "Need dates",
            partWords: "When customers will buy their items for the first time from now on.",
            cards: [calendar] + weeks)
    }

    /// The items that most customers need first in a week.
    private func week(from start: Int) -> CardsView.Card {
        let end = min(report.dayCount, start + 7)
        let due = report.items.map { item in
            (item: item, count: item.firstPurchasesByDay[start..<end].reduce(0, +))
        }.filter { $0.count > 0 }
            .sorted { ($1.count, $0.item.itemID) < ($0.count, $1.item.itemID) }.prefix(6)
        let largest = due.first?.count ?? 0
        let total = report.firstPurchasesByDay[start..<end].reduce(0, +)
        return CardsView.Card(
            end - start > 1
                ? "\(TextFormat.day(day(start))) to \(TextFormat.day(day(end - 1)))"
                : TextFormat.day(day(start)),
            "\(TextFormat.amount(total)) first purchases. Items of most customers:",
            rows: due.map {
                CardsView.Row(
                    rowTerm: $0.item.name, rowKind: $0.item.category,
                    rowSVG: Bars.plain($0.count, end: largest, isStrong: true),
                    rowFigure: TextFormat.amount($0.count), rowNote: "customers")
            })
    }

    private func isWeekend(_ time: Timestamp) -> Bool {
        ["Sat", "Sun"].contains(String(TextFormat.day(time).prefix(3)))
    }

    /// The twins of most and least activity, and how sure forecasts are.
    var customers: CardsView.Part {
        let most = report.probabilityHistogram.map(\.count).max() ?? 0
        let bands = CardsView.Card(
            "Forecast probabilities",
            "\(TextFormat.count(report.forecasts)) forecasts, one for each customer and listed "
                + "item, by their probability.",
            isWide: true,
            rows: report.probabilityHistogram.map { band in
                CardsView.Row(
                    rowTerm: "\(TextFormat.percent(band.from)) to \(TextFormat.percent(band.to))",
                    rowSVG: Bars.plain(Double(band.count), end: Double(most), isStrong: true),
                    rowFigure: TextFormat.count(band.count),
                    rowNote: TextFormat.percent(
                        Double(band.count) / Double(max(1, report.forecasts))))
            })
        return CardsView.Part(
            anchor: "customers", partTitle: "Customers",
            partWords:
                "The most and the least active customers. Only the listed, likeliest items of "
                + "each customer count here.",
            cards: [
                twins("Most purchases expected", report.mostActive),
                twins("Fewest purchases expected", report.leastActive), bands,
            ])
    }

    private func twins(_ title: String, _ twins: [FleetReport.Twin]) -> CardsView.Card {
        let largest = max(report.mostActive.first?.purchases ?? 0, 1e-9)
        return CardsView.Card(
            title, "Of customers with any purchase in their futures.",
            rows: twins.map { twin in
                CardsView.Row(
                    rowTerm: TextFormat.short(twin.customerKey),
                    rowKind:
                        "likeliest: \(twin.likeliestItem) "
                        + "(\(TextFormat.percent(twin.probability)))",
                    rowSVG: Bars.plain(twin.purchases, end: largest, isStrong: true),
                    rowFigure: TextFormat.decimal(
                        twin.purchases, places: twin.purchases < 1 ? 2 : 1),
                    rowNote: "purchases")
            })
    }
}
