import ArgumentParser
import Foundation
import Shop
import Time
import TwinStorage

/// `foretwin twin diff`.
struct TwinDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show the changes of a twin between two times.",
        discussion: """
            Edges that are new, grew or faded, the largest change of weight first, and the changed \
            shares of categories, brands and parts of the day.
            """)

    @Argument(help: "The customer's id as the shop knows it.")
    var customer: String

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "The earlier time, such as 2026-03-01 (its start, in UTC) or 2026-03-01T12:00.",
            valueName: "time"))
    var start: String

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp(
            "The later time. (default: the newest event of the store)", valueName: "time"))
    var end: String?

    @Option(name: [.customShort("n"), .customLong("count")], help: "Rows of each table.")
    var count = 15

    @Flag(help: "Print all changes as JSON.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions

    func validate() throws {
        guard count >= 1 else { throw ValidationError("--count must be 1 or more.") }
        let from = try parsedTime(start, "--from")
        if let end, try parsedTime(end, "--to") < from {
            throw ValidationError("--from is after --to. Give the earlier time first.")
        }
    }

    func run() throws {
        let store = try storeOptions.open()
        let from = try parsedTime(start, "--from")
        let newest = try store.newestEvent()
        let to = try end.map { try parsedTime($0, "--to") } ?? newest ?? from
        guard from <= to else {
            throw ValidationError(
                "--from is after the store's newest event, which is of \(to.iso8601). Give an "
                    + "earlier time, or --to.")
        }
        let diff = try store.diff(customer, from: from, to: to)
        if json {
            try printJSON(TwinDiffJSON(diff))
        } else {
            try show(diff, store)
        }
    }

    private func show(_ diff: TwinDiff, _ store: TwinStore) throws {
        print("\(customer), from \(diff.start.iso8601) to \(diff.end.iso8601)")
        guard try !store.twin(customer, at: diff.end).isCold else {
            let isErased = try store.isErased(customer)
            print(isErased ? "The twin was erased." : "Nothing is known of them until then.")
            return
        }
        let isOne = diff.eventCount == 1
        print("\(grouped(diff.eventCount)) \(isOne ? "event" : "events") in between")
        let shown = diff.edges.prefix(count)
        let items = try store.items(shown.flatMap { [$0.from] + ($0.to.map { [$0] } ?? []) })
        func name(_ id: String) -> String {
            shortened(printable(items[id]?.name ?? id), to: 40)
        }
        if shown.isEmpty {
            print("Nothing changed.")
        } else {
            var table = Table(
                "", "item", "then", "how", "#weight was", "#is now", "#times was", "#is now")
            for change in shown {
                table.add(
                    change.word, name(change.from), change.to.map(name) ?? "",
                    change.type.lowercased().replacingOccurrences(of: "_", with: " "),
                    figure(change.weights.before), figure(change.weights.after),
                    grouped(change.counts.before), grouped(change.counts.after))
            }
            printLines([""] + table.lines())
            tellRest(of: diff.edges)
        }
        show("category", diff.categories)
        show("brand", diff.brands)
        show("part of the day", diff.dayparts)
    }

    private func show(_ title: String, _ changes: [TwinDiff.ShareChange]) {
        guard !changes.isEmpty else { return }
        var table = Table(title, "#share was", "#is now")
        for change in changes.prefix(count) {
            table.add(
                shortened(printable(change.name), to: 40), percent(change.before),
                percent(change.after))
        }
        printLines([""] + table.lines())
        tellRest(of: changes)
    }

    private func tellRest<Element>(of changes: [Element]) {
        guard changes.count > count else { return }
        print("… and \(grouped(changes.count - count)) more: raise -n to see them")
    }
}

extension TwinDiff.Change {
    /// What became of the edge, in a word.
    fileprivate var word: String {
        if isNew { return "new" }
        if counts.after == 0 { return "gone" }
        return weights.after > weights.before ? "grew" : "faded"
    }
}

private struct TwinDiffJSON: Encodable {
    struct Change: Encodable {
        var change: String
        var from: String
        var to: String?
        var type: String
        var weightBefore: Double
        var weightAfter: Double
        var countBefore: Int
        var countAfter: Int
    }
    struct Share: Encodable {
        var name: String
        var before: Double
        var after: Double

        init(_ change: TwinDiff.ShareChange) {
            name = change.name
            before = change.before
            after = change.after
        }
    }

    var from: String
    var to: String
    var eventCount: Int
    var edges: [Change]
    var categories: [Share]
    var brands: [Share]
    var dayparts: [Share]

    init(_ diff: TwinDiff) {
        from = diff.start.iso8601
        to = diff.end.iso8601
        eventCount = diff.eventCount
        edges = diff.edges.map {
            Change(
                change: $0.word, from: $0.from, to: $0.to, type: $0.type,
                weightBefore: $0.weights.before, weightAfter: $0.weights.after,
                countBefore: $0.counts.before, countAfter: $0.counts.after)
        }
        categories = diff.categories.map(Share.init)
        brands = diff.brands.map(Share.init)
        dayparts = diff.dayparts.map(Share.init)
    }
}
