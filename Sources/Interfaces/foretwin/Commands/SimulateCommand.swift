import ArgumentParser
import Foundation
import Operations
import Prediction
import Recommendations
import Shop
import Simulation
import Time
import TwinStorage

/// `foretwin simulate`.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Simulate many paths of one customer, or of all customers.",
        discussion: """
            Prints some paths event by event, and the probability of each item over all paths with \
            its 95 % interval by the number of paths. --json prints every path.

            --all simulates every twin and writes one line of JSON for each twin and item, which \
            pandas.read_json(file, lines=True) reads: the probability of a purchase within the \
            horizon with its 95 % interval, the expected number of purchases, and quantiles of the \
            time of the first purchase. Customers are named by customer key (see foretwin twin \
            show). --demand FILE also writes the expected purchases of all customers together, by \
            item, category and day (day 0 is the whole horizon), with a 90 % interval. Customers \
            are simulated independently, so the interval does not cover shocks that affect all of \
            them. An interrupted run is resumed when it is started again. Late events that arrive \
            in between are used for the remaining twins only.
            """)

    @Argument(help: "The customer's id in the shop.")
    var customer: String?

    @Flag(help: "Simulate every twin of the store instead.")
    var all = false

    @OptionGroup(title: "With --all") var fleet: FleetOptions

    @Option(help: "The number of paths to print. (default: 3)")
    var show: Int?

    @Flag(help: "Print all paths as JSON.")
    var json = false

    @OptionGroup var futures: FutureOptions
    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var modelOptions: ModelOptions

    func validate() throws {
        guard all == (customer == nil) else {
            throw ValidationError("Give either a customer or --all.")
        }
        guard !all || (!json && show == nil) else {
            throw ValidationError("--show and --json are for one customer; --all writes a file.")
        }
        guard fleet.demand == nil || futures.paths >= 2 else {
            throw ValidationError(
                "--demand needs --paths 2 or more, to measure how much paths differ.")
        }
        guard fleet.isDefault || all else {
            throw ValidationError(
                "--output, --count, --any-contact, --shard, --demand and --fresh need --all.")
        }
    }

    func run() throws {
        let store = try storeOptions.open()
        let trained = try modelOptions.registry.load(version: modelOptions.modelVersion)
        let model = trained.model
        guard let customer else {
            return try fleet.run(
                store, model, trained.calibration, futures,
                from: FleetRun.Source(
                    store: Self.absolute(storeOptions.store),
                    models: Self.absolute(modelOptions.models),
                    version: trained.version))
        }
        let recommender = try Recommender(store: store, trained)
        let subject = try recommender.subject(customer, asOf: try futures.time())
        let result = try recommender.simulate(
            subject,
            settings: SimulationSettings(
                horizonSeconds: try futures.horizonSeconds(), paths: futures.paths,
                seed: futures.seed, threads: futures.threads))
        if json {
            try printJSON(paths(result, model.catalogue))
        } else {
            try printTables(result, of: customer, model.catalogue, store)
        }
    }

    private static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }

    private struct PathEvent: Encodable {
        var time: String
        var type: String
        var itemID: String
        /// The expert that the item was sampled from.
        var expert: String
    }

    private func paths(_ futures: Futures, _ catalogue: ModelCatalogue) -> [[PathEvent]] {
        (0..<futures.pathCount).map { index in
            futures.path(index).map { event in
                PathEvent(
                    time: Timestamp(seconds: event.time).iso8601, type: event.type.name,
                    itemID: catalogue.itemIDs[Int(event.item)],
                    expert: ExpertID.allCases[Int(event.expertIndex)].publicName)
            }
        }
    }

    private func printTables(
        _ futures: Futures, of customer: String, _ catalogue: ModelCatalogue, _ store: TwinStore
    ) throws {
        let predicted = Array(futures.itemProbabilities().prefix(20))
        let shown = (0..<min(max(0, show ?? 3), futures.pathCount)).map {
            futures.path($0).prefix(12)
        }
        let indices = Set(predicted.map(\.item) + shown.joined().map(\.item))
        let items = try store.items(indices.sorted().map { catalogue.itemIDs[Int($0)] })
        func name(_ item: Int32) -> String {
            let id = catalogue.itemIDs[Int(item)]
            return shortened(items[id]?.name ?? id, to: 44)
        }
        let mean = (futures.meanLength * 10).rounded() / 10
        print("\(futures.pathCount) paths of \(customer), \(mean) events each on average")
        if futures.churnProbability >= 0.01 {
            print(
                "Churn probability: \(percent(futures.churnProbability)). This fraction of the paths is "
                    + "empty."
            )
        }
        if let error = futures.itemHeadError {
            print(
                "The catalogue is large, so items of the LSTM are sampled approximately: about "
                    + "\(percent(error)) of them would differ with exact sampling.")
        }
        for (index, path) in shown.enumerated() {
            print("\nPath \(index + 1)")
            guard !path.isEmpty else {
                print("  nothing within the horizon")
                continue
            }
            var table = Table("time", "event", "item", "expert")
            for event in path {
                table.add(
                    Timestamp(seconds: event.time).iso8601, event.type.name,
                    name(event.item), ExpertID.allCases[Int(event.expertIndex)].title)
            }
            printLines(table.lines(indent: 2))
            if futures.path(index).count > path.count {
                print("  … and \(futures.path(index).count - path.count) more")
            }
        }
        print("\nItems with any event within the horizon")
        var table = Table("item", "#probability", "#95 % interval", "median date")
        for item in predicted {
            table.add(
                name(item.item), percent(item.probability),
                "\(percent(item.interval.lowerBound)) to \(percent(item.interval.upperBound))",
                Timestamp(seconds: item.medianTime).date)
        }
        printLines(table.lines(indent: 2))
    }
}
