import Fleet
import Simulation
import TextFiles

extension FleetReport {
    /// The figures as one table, which pandas and spreadsheets read.
    ///
    /// Each row has the name of its list, what it is about, and a value, where it lies in 9 futures
    /// of 10 if that is known; `day` counts from 1 and is empty for the whole horizon. Texts are
    /// guarded by `FormulaGuard`.
    ///
    /// - Returns: CSV with a header.
    package func csv() -> String {
        var table = CSVText()
        table.add("purchases", value: purchases)
        table.add("spend", value: Estimate(expected: spend))
        table.add("customers", value: Estimate(expected: Double(twins)))
        for (day, estimate) in purchasesByDay.enumerated() {
            table.add("purchases_by_day", day: day + 1, value: estimate)
        }
        for category in categories {
            table.add("category", category: category.name, value: category.purchases)
        }
        for category in categories {
            for (day, estimate) in category.purchasesByDay.enumerated() {
                table.add(
                    "category_by_day", category: category.name, day: day + 1, value: estimate)
            }
        }
        for item in items {
            table.add(
                "item", id: item.itemID, name: item.name, category: item.category,
                value: item.purchases)
        }
        for item in items {
            table.add(
                "item_customers", id: item.itemID, name: item.name, category: item.category,
                value: Estimate(expected: item.buyers))
        }
        for (day, count) in firstPurchasesByDay.enumerated() {
            table.add("first_purchases_by_day", day: day + 1, value: Estimate(expected: count))
        }
        for band in probabilityHistogram {
            let name = "\((band.from * 100).rounded() / 100) to \((band.to * 100).rounded() / 100)"
            table.add("probability", name: name, value: Estimate(expected: Double(band.count)))
        }
        for (list, twins) in [("customer_most", mostActive), ("customer_least", leastActive)] {
            for twin in twins {
                table.add(
                    list, id: twin.customerKey, name: twin.likeliestItem,
                    value: Estimate(expected: twin.purchases))
            }
        }
        if let change { add(change, to: &table) }
        return table.text
    }

    /// Adds what changed: a difference, and the band that chance alone may reach around 0.
    private func add(_ change: FleetChange, to table: inout CSVText) {
        let counts = [("customers_new", change.newTwins), ("customers_gone", change.goneTwins)]
        for (list, count) in counts {
            table.add(list, value: Estimate(expected: Double(count)))
        }
        let lists = [
            ("change", [change.purchases]), ("change_category", change.categories),
            ("change_item", change.items), ("change_customer", change.twins),
        ]
        for (list, rows) in lists {
            for row in rows {
                table.add(
                    list, id: row.id, name: row.name,
                    value: Estimate(
                        expected: row.difference, low: -row.marginOfError, high: row.marginOfError))
            }
        }
    }
}

/// The rows of the table.
private struct CSVText {
    private var writer = CSVWriter(
        header: ["list", "id", "name", "category", "day", "value", "low", "high"])

    var text: String { String(decoding: writer.bytes, as: UTF8.self) }

    mutating func add(
        _ list: String, id: String = "", name: String = "", category: String = "",
        day: Int? = nil, value: FleetReport.Estimate
    ) {
        for text in [list, id, name, category] { writer.add(text: text) }
        writer.add(day)
        for number in [value.expected, value.low, value.high] { writer.add(number) }
        writer.endRow()
    }
}
