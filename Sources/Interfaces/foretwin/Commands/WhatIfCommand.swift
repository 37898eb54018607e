import ArgumentParser
import Foundation
import Kernels
import Prediction
import PropertyGraph
import Shop
import Simulation
import Time
import TwinStorage

/// `foretwin what-if`.
struct WhatIfCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "what-if",
        abstract: "Ask what would be bought if prices, stock, weather or events were otherwise.",
        discussion: """
            Simulates each customer twice by the same random numbers, as things are and as they \
            might be, and tells what would be bought more or less of. Each change has an interval \
            that is to hold the true one with a probability of 90 %: it is as wide as chance and \
            what the model does not know for sure make it.

            How customers respond is learned from the days that 'foretwin context add' told of, \
            when the model was trained. A customer without consent to a kind of days is neutral to \
            it (see foretwin twin consent). A list that is shown is taken to be looked at, and a \
            price outside of those seen is taken to work as they did.

            Examples:
              foretwin what-if --price item-0012=-20% --horizon 7
              foretwin what-if --rain 15 --temperature 8 --horizon 7
              foretwin what-if customer-0007 --show item-0040,item-0041
            """)

    @Argument(help: "The customer's id as the shop knows it; all customers unless given.")
    var customer: String?

    @OptionGroup(title: "What might be otherwise") var options: ScenarioOptions

    @Option(help: "Ask so many customers at most, chosen by the seed; all unless given.")
    var customers: Int?

    @Option(
        name: [.customShort("n"), .customLong("count")],
        help: "How many items and categories to list.")
    var count = 10

    @Option(help: ArgumentHelp("How far to look.", valueName: "days"))
    var horizon = 7.0

    @Option(help: "How many futures of each customer. (default: 100; 2000 of a single one)")
    var paths: Int?

    @Flag(help: "Count any contact with an item, not only purchases.")
    var anyContact = false

    @Option(help: "Decides every random choice.")
    var seed: UInt64 = 7

    @Option(
        name: .customLong("as-of"),
        help: ArgumentHelp(
            "The moment to look from; the newest event of the store unless given.",
            valueName: "time"))
    var asOf: String?

    @Option(help: "Threads; the result does not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var modelOptions: ModelOptions

    func validate() throws {
        _ = try options.scenario()
        guard horizon.isFinite, horizon > 0, horizon <= 366 else {
            throw ValidationError("--horizon must be above 0 and at most 366 days.")
        }
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads must be from 1 to 1024.")
        }
        guard customers ?? 1 >= 1, count >= 1 else {
            throw ValidationError("--customers and --count must be 1 or more.")
        }
        if let asOf, Timestamp(text: asOf) == nil {
            throw ValidationError("--as-of is '\(asOf)'. Write it as 2026-03-01T10:00:00Z.")
        }
    }

    /// Customers between two reports of progress; sums are made of as many, whatever the threads.
    private static let batch = 64

    func run() throws {
        let store = try storeOptions.open()
        let trained = try modelOptions.registry.load(version: modelOptions.modelVersion)
        let moment = try asOf.flatMap { Timestamp(text: $0) } ?? store.newestEvent()
        guard let origin = moment?.seconds else {
            throw ValidationError("The store has no events. Run 'foretwin ingest' first.")
        }
        let settings = WhatIf.Settings(
            origin: origin, horizonSeconds: Int64(horizon * 86_400),
            paths: paths ?? (customer == nil ? 100 : 2000),
            types: anyContact
                ? Set(EventType.allCases) : [.purchase],
            seed: seed)
        let question = try WhatIf(store, trained.model, try options.scenario(), settings: settings)
        let numbers = try numbers(store)
        if let unknown = try question.unknownEvents(ofTwins: numbers).first {
            throw ValidationError(
                "--ignore-event is '\(unknown.prefix(80))', and no such event has happened to whom you "
                    + "ask about by then. Event ids are in the file that was ingested; "
                    + "'foretwin twin export' tells those of a customer.")
        }
        let progress = ProgressBar()
        var effects = Effects()
        for start in stride(from: 0, to: numbers.count, by: Self.batch) {
            let part = numbers[start..<min(numbers.count, start + Self.batch)]
            effects += try question.effects(onTwins: Array(part), threads: threads)
            progress.show(
                "simulate", fraction: Double(part.endIndex) / Double(numbers.count),
                detail: "\(grouped(part.endIndex)) of \(grouped(numbers.count)) customers, "
                    + "\(grouped(Int(Double(part.endIndex) / max(0.001, progress.seconds))))/s")
        }
        progress.finish("\(grouped(effects.customers)) customers")
        guard effects.customers > 0 else {
            throw ValidationError("Nothing is known of any of these customers by then.")
        }
        let result = try Result(
            effects, trained.calibration?.demandError ?? .none, trained.model, store,
            version: trained.version, settings: settings, count: count)
        if json { try printJSON(result) } else { printLines(result.lines()) }
    }

    /// Whom to ask about.
    private func numbers(_ store: TwinStore) throws -> [TwinID] {
        if let customer {
            guard let id = try store.snapshot(of: customer).id else {
                throw ValidationError(
                    "Nothing is known of the customer '\(customer.prefix(80))'. Check the id.")
            }
            return [id]
        }
        let all = try store.twinIDs()
        guard let customers, customers < all.count else { return all }
        var generator = PhiloxGenerator(seed: seed)
        return all.shuffled(using: &generator).prefix(customers).sorted()
    }
}

extension WhatIfCommand {
    /// What is printed.
    struct Result: Encodable {
        struct Row: Encodable {
            var name: String
            var itemID: String?
            var usual: Double
            var change: Double
            /// The 90 % interval of the change.
            var interval: [Double]
            var chanceError: Double
            var modelError: Double

            init(_ name: String, itemID: String? = nil, _ effect: Effects.Effect) {
                self.name = name
                self.itemID = itemID
                usual = effect.usual
                change = effect.change
                interval = [effect.interval.lowerBound, effect.interval.upperBound]
                chanceError = effect.chanceError
                modelError = effect.modelError
            }
        }

        var asOf: String
        var horizonDays: Double
        var modelVersion: String
        var customers: Int
        var all: Row
        /// Those that change most for certain, first.
        var categories: [Row]
        var items: [Row]

        init(
            _ effects: Effects, _ demandError: DemandError, _ model: PredictionModel,
            _ store: TwinStore, version: String, settings: WhatIf.Settings, count: Int
        ) throws {
            asOf = Timestamp(seconds: settings.origin).iso8601
            horizonDays = Double(settings.horizonSeconds) / 86_400
            modelVersion = version
            customers = effects.customers
            all = Row("everything", effects.effect(on: .all, demandError: demandError))
            var categories: [(group: Effects.Group, effect: Effects.Effect)] = []
            var items = categories
            for group in effects.groups {
                switch group {
                case .all: break
                case .category:
                    categories.append((group, effects.effect(on: group, demandError: demandError)))
                case .item:
                    items.append((group, effects.effect(on: group, demandError: demandError)))
                }
            }
            func greatest(
                _ rows: [(group: Effects.Group, effect: Effects.Effect)]
            ) -> ArraySlice<(group: Effects.Group, effect: Effects.Effect)> {
                rows.sorted {
                    (Self.certain($1.effect), $0.group) < (Self.certain($0.effect), $1.group)
                }.prefix(count)
            }
            self.categories = greatest(categories).map { row in
                guard case .category(let place) = row.group else { return Row("", row.effect) }
                return Row(model.response.categories[place], row.effect)
            }
            self.items = try greatest(items).map { row in
                guard case .item(let place) = row.group else { return Row("", row.effect) }
                let id = model.catalogue.itemIDs[Int(place)]
                return Row(try store.item(id)?.name ?? id, itemID: id, row.effect)
            }
        }

        /// How far the interval of a change is from none at all.
        private static func certain(_ effect: Effects.Effect) -> Double {
            max(0, effect.interval.lowerBound, -effect.interval.upperBound)
        }

        func lines() -> [String] {
            func signed(_ value: Double) -> String { String(format: "%+.2f", value) }
            func table(_ title: String, _ rows: [Row]) -> [String] {
                var table = Table(title, "#as things are", "#change", "#90 % interval", "#in %")
                for row in rows {
                    table.add(
                        shortened(row.name, to: 44), decimals(row.usual, 2), signed(row.change),
                        "\(signed(row.interval[0])) to \(signed(row.interval[1]))",
                        row.usual > 0 ? String(format: "%+.0f", 100 * row.change / row.usual) : "")
                }
                return table.lines()
            }
            let days =
                horizonDays == horizonDays.rounded() ? "\(Int(horizonDays))" : "\(horizonDays)"
            var lines = [
                "\(grouped(customers)) \(customers == 1 ? "customer" : "customers"), \(days) days "
                    + "from \(asOf); purchases in all", "",
            ]
            lines += table("in all", [all])
            if !categories.isEmpty { lines += [""] + table("category", categories) }
            if !items.isEmpty { lines += [""] + table("item", items) }
            return lines
        }
    }
}
