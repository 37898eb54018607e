import ArgumentParser
import Shop
import Time
import TwinStorage

/// `foretwin context show`.
struct ContextShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the stored context by kind and city.",
        discussion: """
            Missing days have no weather of a city, or no trend of a category, between the first \
            and the last day. Predictions treat them as days without context.
            """)

    @Option(help: "Only the context of this city.")
    var city: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions

    func run() throws {
        let store = try storeOptions.open()
        let overview = ContextOverview(try store.contextFeeds(), city: city)
        if json {
            try printJSON(overview.rows.map(RowJSON.init))
            return
        }
        guard !overview.rows.isEmpty else {
            let location = city.map { " of \(printable($0))" } ?? ""
            print("Nothing is known\(location). Add files with 'foretwin context add'.")
            return
        }
        var table = Table("kind", "city", "first day", "last day", "#entries", "#days missing")
        for row in overview.rows {
            let hasGaps = row.kind == .weather || row.kind == .trends
            table.add(
                row.kind.rawValue,
                row.city.map { shortened(printable($0), to: 40) } ?? "everywhere",
                Day.text(row.firstDay), Day.text(row.lastDay), row.kind.counted(row.count),
                hasGaps ? grouped(row.gapCount) : "")
        }
        printLines(table.lines())
    }
}

private struct RowJSON: Encodable {
    var kind: String
    var city: String?
    var firstDay: String
    var lastDay: String
    var entries: Int
    var missingDays: Int

    init(_ row: ContextOverview.Row) {
        kind = row.kind.rawValue
        city = row.city
        firstDay = Day.text(row.firstDay)
        lastDay = Day.text(row.lastDay)
        entries = row.count
        missingDays = row.gapCount
    }
}
