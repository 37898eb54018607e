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
        abstract: "Estimate the effect of other prices, stock, weather or events on purchases.",
        discussion: """
            Simulates each customer twice with the same random numbers, with and without the \
            scenario, and prints the difference in purchases. Each difference has a 90 % interval. \
            It covers the Monte Carlo error and the error of the model.

            The response of customers is learned in training from the feeds of 'foretwin context \
            add'. A customer without consent to a purpose does not respond to it (see foretwin \
            twin consent). A shown list is assumed to be looked at. A price outside the range of \
            past prices is assumed to act as those did.

            Examples:
              foretwin what-if --price item-0012=-20% --horizon 7
              foretwin what-if --rain 15 --temperature 8 --horizon 7
              foretwin what-if customer-0007 --show item-0040,item-0041
            """)

    @Argument(help: "The customer's id in the shop. (default: all customers)")
    var customer: String?

    @OptionGroup(title: "Scenario") var options: ScenarioOptions

    @Option(help: "The number of customers, chosen by the seed. (default: all)")
    var customers: Int?

    @Option(
        name: [.customShort("n"), .customLong("count")],
        help: "The number of items and categories to list.")
    var count = 10

    @Option(help: ArgumentHelp("The horizon of the forecast.", valueName: "days"))
    var horizon = 7.0

    @Option(
        help: "The number of paths of each customer. (default: 100; 2000 for a single customer)")
    var paths: Int?

    @Flag(help: "Count any event with an item, not only purchases.")
    var anyContact = false

    @Option(help: "The seed of the random numbers.")
    var seed: UInt64 = 7

    @Option(
        name: .customLong("as-of"),
        help: ArgumentHelp(
            "The time to forecast from. (default: the newest event of the store)",
            valueName: "time"))
    var asOf: String?

    @Option(help: "The number of threads; the result does not depend on it.")
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

    /// The number of customers of a batch; sums do not depend on the threads.
    private static let batch = 64

    func run() throws {
        let store = try storeOptions.open()
        let trained = try modelOptions.registry.load(version: modelOptions.modelVersion)
        let time = try asOf.flatMap { Timestamp(text: $0) } ?? store.newestEvent()
        guard let origin = time?.seconds else {
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
                "--ignore-event is '\(unknown.prefix(80))', and no such event has happened to "
                    + "these customers by then. Event ids are in the file that was ingested, and "
                    + "in the output of 'foretwin twin export'.")
        }
        let progress = ProgressBar()
        var effects = Effects()
        for start in stride(from: 0, to: numbers.count, by: Self.batch) {
            let part = numbers[start..<min(numbers.count, start + Self.batch)]
            effects += try question.effects(onTwins: Array(part), threads: threads)
            progress.show(
                "simulate", fraction: Double(part.endIndex) / Double(numbers.count),
                detail: "\(grouped(part.endIndex)) of \(grouped(numbers.count)) customers, "
                    + "\(grouped(Int(Double(part.endIndex) / max(0.001, progress.seconds)))) "
                    + "customers/s"
            )
        }
        progress.finish("\(grouped(effects.customers)) customers")
        guard effects.customers > 0 else {
            throw ValidationError("None of these customers has events by then.")
        }
        let result = try Result(
            effects, trained.calibration?.demandError ?? .none, trained.model, store,
            version: trained.version, settings: settings, count: count)
        if json { try printJSON(result) } else { printLines(result.lines()) }
    }

    /// The customers to simulate.
    private func numbers(_ store: TwinStore) throws -> [TwinID] {
        if let customer {
            guard let id = try store.snapshot(of: customer).id else {
                throw ValidationError(
                    "The customer '\(customer.prefix(80))' is not known. Check the id.")
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
    /// The result.
    struct Result: Encodable {
        struct Row: Encodable {
            var name: String
            var itemID: String?
            /// The expected number without the scenario.
            var baseline: Double
            var change: Double
            /// The 90 % interval of the change.
            var interval: [Double]
            /// The standard error by the number of paths.
            var monteCarloError: Double
            /// The standard error of the model.
            var modelError: Double

            init(_ name: String, itemID: String? = nil, _ effect: Effects.Effect) {
                self.name = name
                self.itemID = itemID
                baseline = effect.baseline
                change = effect.change
                interval = [effect.interval.lowerBound, effect.interval.upperBound]
                monteCarloError = effect.monteCarloError
                modelError = effect.modelError
            }
        }

        var asOf: String
        var horizonDays: Double
        var modelVersion: String
        var customers: Int
        var all: Row
        /// Sorted by the distance of the interval from 0, largest first.
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
            func largest(
                _ rows: [(group: Effects.Group, effect: Effects.Effect)]
            ) -> ArraySlice<(group: Effects.Group, effect: Effects.Effect)> {
                rows.sorted {
                    (Self.distance($1.effect), $0.group) < (Self.distance($0.effect), $1.group)
                }.prefix(count)
            }
            self.categories = largest(categories).map { row in
                guard case .category(let index) = row.group else { return Row("", row.effect) }
                return Row(model.response.categories[index], row.effect)
            }
            self.items = try largest(items).map { row in
                guard case .item(let index) = row.group else { return Row("", row.effect) }
                let id = model.catalogue.itemIDs[Int(index)]
                return Row(try store.item(id)?.name ?? id, itemID: id, row.effect)
            }
        }

        /// The distance of the interval of a change from 0.
        private static func distance(_ effect: Effects.Effect) -> Double {
            max(0, effect.interval.lowerBound, -effect.interval.upperBound)
        }

        func lines() -> [String] {
            func signed(_ value: Double) -> String { String(format: "%+.2f", value) }
            func table(_ title: String, _ rows: [Row]) -> [String] {
                var table = Table(title, "#baseline", "#change", "#90 % interval", "#in %")
                for row in rows {
                    table.add(
                        shortened(row.name, to: 44), decimals(row.baseline, 2), signed(row.change),
                        "\(signed(row.interval[0])) to \(signed(row.interval[1]))",
                        row.baseline > 0
                            ? String(format: "%+.0f", 100 * row.change / row.baseline) : "")
                }
                return table.lines()
            }
            let days =
                horizonDays == horizonDays.rounded() ? "\(Int(horizonDays))" : "\(horizonDays)"
            var lines = [
                "\(grouped(customers)) \(customers == 1 ? "customer" : "customers"), \(days) days "
                    + "from \(asOf); purchases in total", "",
            ]
            lines += table("total", [all])
            if !categories.isEmpty { lines += [""] + table("category", categories) }
            if !items.isEmpty { lines += [""] + table("item", items) }
            return lines
        }
    }
}
