import ArgumentParser
import Foundation
import PropertyGraph
import Shop
public import ShopFormats
import Time
import TwinStorage

/// `foretwin ingest`.
struct IngestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Read events and items into the store.",
        discussion: """
            Event files are CSV with a header, or JSON Lines; '-' is standard input. Needed: \
            user_id, item_id, type, timestamp. Used when present: event_id, session_id, city, \
            quantity, price, dwell, query, basket_id; other columns are kept as properties. \
            Types: \(EventType.allCases.map(\.name).joined(separator: ", ")). Times: ISO 8601, \
            yyyymmdd, or seconds or milliseconds since 1970.

            Events that are already stored are skipped. Events may come late and in any order. A \
            bad line is counted, written to the rejects file, and skipped. Lines of earlier runs \
            stay in that file.

            Columns and values that are personal, such as e-mail or IP addresses, are dropped and \
            counted.
            """)

    @Argument(help: "Event files, or '-' for standard input.")
    var files: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file of items: item_id,name,category,brand,description,price,valid_from.",
            valueName: "file"))
    var items: String?

    @Option(help: "The format of the event files: csv or jsonl. (default: detected)")
    var format: RecordFormat?

    @Option(
        help: ArgumentHelp(
            "Reject events after this time, such as 2026-07-01. The newest event of the store is "
                + "its present.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("The file that rejected lines are added to.", valueName: "file"))
    var rejects = "rejects.txt"

    @Flag(
        name: .customLong("known-items-only"),
        help: "Reject events of items that are not in the catalogue.")
    var knownItemsOnly = false

    @Option(
        name: .customLong("half-life"),
        help: ArgumentHelp(
            "The half-life of edge weights; for a new store.", valueName: "days"))
    var halfLife: Double?

    @Option(
        name: .customLong("batch"),
        help: "The number of events in one transaction; after a crash at most one batch is missing."
    )
    var batchSize = Ingestor.batchSize

    @Flag(help: "Print the counts as JSON.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions

    func validate() throws {
        guard !files.isEmpty || items != nil else {
            throw ValidationError("Name an event file, '-' for standard input, or --items FILE.")
        }
        guard (1...100_000).contains(batchSize) else {
            throw ValidationError("--batch is \(batchSize). Use a number from 1 to 100000.")
        }
        if let until { _ = try parsedTime(until, "--until") }
        if let halfLife, !(halfLife > 0 && halfLife <= 36_500) {
            throw ValidationError("--half-life is \(halfLife). Use days above 0, up to 36500.")
        }
    }

    func run() throws {
        // All sources are opened before the store is touched: a wrong path costs nothing.
        let rejectsFile = RejectsFile(path: rejects)
        try rejectsFile.checkIsNot(anyOf: files)
        let itemReader = try items.map { try ItemReader(path: $0) }
        let readers = try files.map { ($0, try EventReader(path: $0, format: format)) }
        let settings = halfLife.map { TwinSettings(halfLifeSeconds: $0 * 86_400) }
        let store = try storeOptions.open(.create, settings: settings)
        let progress = ProgressBar(quiet: json)
        if let itemReader { try IngestCommand.ingest(itemReader, into: store, progress) }
        var total = IngestReport()
        for (file, reader) in readers {
            let report = try ingest(file, reader, into: store, rejectsFile, progress)
            total.add(report)
        }
        try IngestCommand.merge(store, progress)
        try warnOfFuture(store)
        try show(total, store: store)
    }

    /// Merges pending events into their twins.
    static func merge(_ store: TwinStore, _ progress: ProgressBar) throws {
        let total = try store.pendingCount()
        guard total > 0 else { return }
        progress.show("merge", fraction: 0, detail: "\(grouped(total)) events")
        try store.mergeAll { left in
            progress.show(
                "merge", fraction: 1 - Double(left) / Double(total),
                detail: "\(grouped(left)) events left")
        }
        progress.finish("\(grouped(total)) events")
    }

    /// Reads a catalogue into a store.
    static func ingest(
        _ reader: ItemReader, into store: TwinStore, _ progress: ProgressBar
    ) throws {
        var reader = reader
        var batch: [ItemVersion] = []
        var count = 0
        var rejected = 0
        func flush() throws {
            try store.put(batch)
            count += batch.count
            batch.removeAll(keepingCapacity: true)
            progress.show("items", fraction: nil, detail: "\(grouped(count)) items")
        }
        while let line = try reader.next() {
            switch line {
            case .success(let item): batch.append(item)
            case .failure(let rejection):
                rejected += 1
                if rejected <= 5 {
                    warn("items \(printable(rejection.locatedMessage))")
                }
            }
            if batch.count == Ingestor.batchSize { try flush() }
        }
        try flush()
        progress.finish("\(grouped(count)) items" + (rejected > 0 ? ", \(rejected) rejected" : ""))
    }

    private func ingest(
        _ file: String, _ reader: EventReader, into store: TwinStore, _ rejects: RejectsFile,
        _ progress: ProgressBar
    ) throws -> IngestReport {
        let ingestor = Ingestor(
            into: store, batchSize: batchSize, createItems: !knownItemsOnly,
            latest: try until.map { try parsedTime($0, "--until") },
            reject: { try rejects.add($0, $1, source: file) },
            progress: { report, fraction in
                let rate = Double(report.total) / max(0.001, progress.seconds)
                progress.show(
                    "events", fraction: fraction,
                    detail: "\(grouped(report.total)) events, \(grouped(Int(rate))) events/s")
            })
        progress.show("events", fraction: 0, detail: file)
        let report = try ingestor.ingest(reader)
        progress.finish("\(grouped(report.total)) lines of \(file)")
        return report
    }

    /// Warns if the newest event is in the future.
    private func warnOfFuture(_ store: TwinStore) throws {
        guard let newest = try store.newestEvent(),
            newest.secondsSince(Timestamp(seconds: 0)) > Date().timeIntervalSince1970 + 86_400
        else { return }
        warn(
            "Warning: the newest event is in the future: \(newest.iso8601). It is the present of "
                + "the store, so older events have little weight. If it is a mistake, ingest into "
                + "a new store with --until, or give --as-of to the other commands.")
    }

    private func show(_ report: IngestReport, store: TwinStore) throws {
        if json {
            try printJSON(
                IngestSummary(
                    added: report.added, duplicates: report.duplicates,
                    droppedByColumn: report.dropped,
                    rejectedByReason: Dictionary(
                        uniqueKeysWithValues: report.rejected.map { ($0.key.rawValue, $0.value) }),
                    twins: try store.twinCount(), events: try store.eventCount()))
            return
        }
        if !files.isEmpty {
            print(
                "\(grouped(report.added)) new events, \(grouped(report.duplicates)) already "
                    + "stored, \(grouped(report.rejectedCount)) rejected")
        }
        for (reason, count) in report.rejected.sorted(by: { $0.value > $1.value }) {
            print("  \(grouped(count)) × \(reason.rawValue)")
        }
        for example in report.examples {
            print("  \(printable(example.locatedMessage))")
        }
        if report.rejectedCount > 0 { print("  All rejected lines are in \(printable(rejects)).") }
        if let dropped = IngestCommand.sentence(dropped: report.dropped) { print(dropped) }
        print(
            "The store has \(grouped(try store.eventCount())) events of "
                + "\(grouped(try store.twinCount())) customers.")
        print("Next: foretwin train")
    }

    /// A sentence about dropped values; `nil` if there are none.
    private static func sentence(dropped: [String: Int]) -> String? {
        guard !dropped.isEmpty else { return nil }
        let columns = dropped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = columns.prefix(10).map { name, count in
            "\(shortened(printable(name), to: 40)) (\(grouped(count)))"
        }
        let more = columns.count > shown.count ? " and \(columns.count - shown.count) more" : ""
        return
            "Dropped values, because they are personal or more exact than a city: "
            + "\(shown.joined(separator: ", "))\(more)"
    }
}

private struct IngestSummary: Encodable {
    var added: Int
    var duplicates: Int
    /// The number of dropped values of each column.
    var droppedByColumn: [String: Int]
    /// The number of rejected lines for each reason.
    var rejectedByReason: [String: Int]
    var twins: Int
    var events: Int
}

extension Rejection {
    /// Reason and detail in one line.
    var message: String { "\(reason.rawValue): \(detail)" }

    /// Position, reason and detail in one line.
    var locatedMessage: String { (position.map { "\($0): " } ?? "") + message }
}

extension RecordFormat: ExpressibleByArgument {}

extension IngestReport {
    mutating func add(_ other: IngestReport) {
        added += other.added
        duplicates += other.duplicates
        rejected.merge(other.rejected, uniquingKeysWith: +)
        dropped.merge(other.dropped, uniquingKeysWith: +)
        examples = Array((examples + other.examples).prefix(5))
    }
}
