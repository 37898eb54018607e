import ArgumentParser
import Foundation
import Shop
import Time
import TwinStorage

/// `foretwin twin show`.
struct TwinShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a twin: items, preferences, and transitions.")

    @Argument(help: "Customers' ids as the shop knows them.")
    var customers: [String]

    @Option(name: [.customShort("n"), .customLong("count")], help: "Rows of each table.")
    var count = 15

    @Option(
        name: .customLong("as-of"),
        help: ArgumentHelp(
            "The time of the twin, such as 2026-03-01 (its start, in UTC) or 2026-03-01T12:00. "
                + "(default: its newest event)", valueName: "time"))
    var asOf: String?

    @Flag(help: "Print the whole twins as a JSON array.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions

    func validate() throws {
        guard count >= 1 else { throw ValidationError("--count must be 1 or more.") }
        _ = try time()
    }

    private func time() throws -> Timestamp? {
        try asOf.map { try parsedTime($0, "--as-of") }
    }

    func run() throws {
        let store = try storeOptions.open()
        let time = try time()
        if json {
            try printJSON(
                customers.map { customer in
                    TwinJSON(
                        try store.twin(customer, at: time),
                        try store.contextConsent(of: customer))
                })
            return
        }
        for (index, customer) in customers.enumerated() {
            if index > 0 { print("") }
            try show(customer, time, store)
        }
    }

    private func show(_ customer: String, _ time: Timestamp?, _ store: TwinStore) throws {
        let twin = try store.twin(customer, at: time)
        guard let first = twin.firstEvent, let last = twin.lastUpdated else {
            if try store.isErased(customer) {
                print("The twin of '\(printable(customer))' was erased.")
            } else if let time {
                print("Nothing was known of '\(printable(customer))' on \(time.iso8601).")
            } else {
                print("Nothing is known of '\(printable(customer))'. Recommendations start cold.")
            }
            return
        }
        let when = time.map { ", as of \($0.iso8601)" } ?? ""
        print("\(printable(customer))  (customer key \(twin.userID))\(when)")
        let city = twin.city.map { ", mostly in \(printable($0))" } ?? ""
        print(
            "\(grouped(twin.eventCount)) events from \(first.date) to \(last.date), "
                + "\(grouped(twin.itemGraph.itemIDs.count)) items\(city)")
        if !twin.searches.isEmpty {
            print("searches: " + twin.searches.prefix(8).map(printable).joined(separator: ", "))
        }
        printPreferences(twin.preferences)
        print("context " + ConsentJSON(try store.contextConsent(of: customer)).text)
        try printItems(twin, store)
    }

    private func printPreferences(_ preferences: UserTwin.Preferences) {
        func line(_ title: String, _ shares: [UserTwin.Preferences.Share]) {
            guard !shares.isEmpty else { return }
            let text = shares.prefix(6).map { "\(printable($0.name)) \(percent($0.share))" }
            print("\(title): " + text.joined(separator: ", "))
        }
        line("categories", preferences.categories)
        line("brands", preferences.brands)
        line("dayparts (UTC)", preferences.dayparts)
        if let price = preferences.priceLevel {
            print("price level: \(String(format: "%.2f", price))")
        }
    }

    private func printItems(_ twin: UserTwin, _ store: TwinStore) throws {
        let interactions = twin.itemGraph.interactions.prefix(count)
        let sequences = twin.itemGraph.sequences.prefix(count)
        let ids = interactions.map(\.itemID) + sequences.flatMap { [$0.from, $0.to] }
        let items = try store.items(ids)
        func name(_ id: String) -> String { shortened(items[id]?.name ?? id, to: 44) }
        print("")
        var table = Table("item", "did", "#times", "#weight", "last")
        for entry in interactions {
            table.add(
                name(entry.itemID), entry.type.name, "\(entry.count)",
                String(format: "%.2f", entry.weight), entry.last.date)
        }
        printLines(table.lines())
        guard !sequences.isEmpty else { return }
        print("")
        var steps = Table("first", "then", "how", "#times")
        for step in sequences {
            steps.add(
                name(step.from), name(step.to),
                step.type.lowercased().replacingOccurrences(of: "_", with: " "),
                "\(step.count)")
        }
        printLines(steps.lines())
    }
}

/// A twin as JSON, as `foretwin twin show --json` prints it.
struct TwinJSON: Encodable {
    struct Interaction: Encodable {
        var itemID: String
        var type: String
        var weight: Double
        var count: Int
        var first: String
        var last: String
    }
    struct Transition: Encodable {
        var from: String
        var to: String
        var type: String
        var weight: Double
        var count: Int
    }

    /// The customer key: the pseudonym.
    var customerKey: String
    var eventCount: Int
    var lastEvent: String?
    var city: String?
    var searches: [String]
    var preferences: UserTwin.Preferences
    var interactions: [Interaction]
    var transitions: [Transition]
    /// What the context of the customer's days may be read for, now.
    var consent: ConsentJSON

    init(_ twin: UserTwin, _ consent: Set<ContextPurpose>) {
        self.consent = ConsentJSON(consent)
        customerKey = twin.userID
        eventCount = twin.eventCount
        lastEvent = twin.lastUpdated?.iso8601
        city = twin.city
        searches = twin.searches
        preferences = twin.preferences
        interactions = twin.itemGraph.interactions.map {
            Interaction(
                itemID: $0.itemID, type: $0.type.name, weight: $0.weight, count: $0.count,
                first: $0.first.iso8601, last: $0.last.iso8601)
        }
        transitions = twin.itemGraph.sequences.map {
            Transition(from: $0.from, to: $0.to, type: $0.type, weight: $0.weight, count: $0.count)
        }
    }
}
