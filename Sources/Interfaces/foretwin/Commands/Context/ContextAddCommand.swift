import ArgumentParser
import Foundation
import PropertyGraph
import Shop
import ShopFormats
import Time
import TwinStorage

/// `foretwin context add`.
struct ContextAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add weather, holidays, events, trends or offers from files.",
        discussion: """
            weather: JSON as Open-Meteo answers it, forecast or archive, with the daily values \
            temperature_2m_mean (or temperature_2m_max and temperature_2m_min) and \
            precipitation_sum. It is of the city that you give; where it lies is not read.
            events: a calendar (.ics). Each event's first category is its kind. Events of every \
            year are written out from ten years before the store's newest event to five after it; \
            of other rules only the first day is taken.
            trends: CSV with category,city,day,level. Level 1.5 is half as much again as usual.
            offers: CSV with item_id,city,first_day,last_day,price. Where the city is empty, a \
            trend or an offer is everywhere.

            Write cities as the customers' events do. New values replace earlier ones, so the same \
            file may be added each day. A bad line or event is reported and skipped. If one of \
            several files cannot be read, none of them is added.

            Weather can be fetched so:
              open=https://api.open-meteo.com/v1/forecast
              days=daily=temperature_2m_mean,precipitation_sum
              curl -o b.json "$open?latitude=52.52&longitude=13.41&$days&past_days=92"
              foretwin context add b.json --city Berlin
            """)

    @Argument(help: "Files; each by itself tells its kind.")
    var files: [String]

    @Option(
        help: "The kind of the files, if they do not tell.")
    var kind: ContextKind?

    @Option(
        help: "The city of weather, which has to be given, or of events, which else are everywhere."
    )
    var city: String?

    @Option(
        name: .customLong("event-kind"),
        help: "The kind of events without a category, such as concert.")
    var eventKind: String?

    @Flag(help: "Print what was added as JSON.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions

    func run() throws {
        // All files are looked at before the store is touched: a wrong path costs nothing.
        let sources = try files.map { ($0, try kind ?? ContextFile.kind(of: $0)) }
        for (file, kind) in sources { try check(file, kind) }
        let store = try storeOptions.open(.write)
        let years = try years(around: store)
        let readings = try sources.map { ($0, $1, try read($0, $1, years)) }
        // All files or none: what is told below is then what was added.
        try store.add(readings.map { $0.2.feeds })
        let results = readings.map(AdditionJSON.init)
        if json {
            try printJSON(results)
        } else {
            for (result, (_, kind, _)) in zip(results, readings) { show(result, kind) }
        }
    }

    private func check(_ file: String, _ kind: ContextKind) throws {
        switch kind {
        case .weather:
            guard city != nil else {
                throw ValidationError(
                    "\(file) is weather, and does not say of which city. Give --city, as events "
                        + "name it.")
            }
        case .events: break
        case .trends, .offers:
            guard city == nil else {
                throw ValidationError(
                    "\(file) is about \(kind.rawValue), which name their cities themselves. Leave "
                        + "--city out.")
            }
        }
        guard eventKind == nil || kind == .events else {
            throw ValidationError("--event-kind is for events, and \(file) is \(kind.rawValue).")
        }
    }

    /// The years for which events of every year are written out.
    private func years(around store: TwinStore) throws -> ClosedRange<Int> {
        let now = Timestamp(rawValue: Int64(Date().timeIntervalSince1970 * 1000))
        let present = try store.newestEvent() ?? now
        let year = Int(present.date.prefix(4)) ?? 2000
        return year - 10...year + 5
    }

    private func read(
        _ file: String, _ kind: ContextKind, _ years: ClosedRange<Int>
    ) throws -> FeedImportResult {
        switch kind {
        case .weather: try WeatherFile.read(file, city: city ?? "")
        case .events:
            try CalendarFile.read(
                file,
                CalendarFile.Options(city: city, kind: eventKind ?? "holiday", years: years))
        case .trends: try TrendFile.read(file)
        case .offers: try OfferFile.read(file)
        }
    }

    private func show(_ result: AdditionJSON, _ kind: ContextKind) {
        var text = "\(printable(result.file)): \(kind.rawValue), \(kind.counted(result.added))"
        if let first = result.firstDay, let last = result.lastDay {
            text += first == last ? " on \(first)" : " from \(first) to \(last)"
        }
        if result.missingDays > 0 {
            text +=
                ", \(grouped(result.missingDays)) \(result.missingDays == 1 ? "day" : "days") "
                + "without values"
        }
        if !result.rejections.isEmpty { text += ", \(grouped(result.rejections.count)) rejected" }
        print(text)
        tell(result.rejections, of: result.rejections.count, "rejected")
        tell(result.warnings, of: result.warningCount, "warning")
    }

    private func tell(_ notes: [AdditionJSON.Note], of count: Int, _ word: String) {
        let shown = 5
        for note in notes.prefix(shown) {
            print("  line \(note.line), \(word): \(printable(note.text))")
        }
        guard count > shown else { return }
        let all = count == notes.count ? "all" : "the first \(grouped(notes.count))"
        print("  … and \(grouped(count - shown)) more: --json tells \(all)")
    }
}

/// What became of a file.
private struct AdditionJSON: Encodable {
    struct Note: Encodable {
        var line: Int
        var text: String
    }

    var file: String
    var kind: String
    var added: Int
    var firstDay: String?
    var lastDay: String?
    var missingDays: Int
    var rejections: [Note]
    /// The first warnings.
    var warnings: [Note]
    /// The number of all warnings.
    var warningCount: Int

    init(_ file: String, _ kind: ContextKind, _ reading: FeedImportResult) {
        let rows = ContextOverview(reading.feeds).rows
        self.file = file
        self.kind = kind.rawValue
        added = rows.reduce(0) { $0 + $1.count }
        firstDay = rows.map(\.firstDay).min().map(Day.text)
        lastDay = rows.map(\.lastDay).max().map(Day.text)
        missingDays = reading.gapCount
        rejections = reading.rejections.map { Note(line: $0.line ?? 0, text: $0.message) }
        warningCount = reading.warningCount
        warnings = reading.warnings.map { Note(line: $0.line, text: $0.text) }
    }
}
