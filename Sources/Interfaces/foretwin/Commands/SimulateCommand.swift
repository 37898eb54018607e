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
        abstract: "Simulate many futures of a customer and show them, or of all customers.",
        discussion: """
            Shows some paths event by event, and how probable each item is over all of them. The \
            interval says how far more paths could move a figure. --json prints every path.

            --all simulates every twin and writes what is foreseen, one line of JSON for each twin \
            and item, which pandas.read_json(file, lines=True) reads: the probability that it is \
            bought within the horizon, its 95 % interval by the number of paths, how often it is \
            bought on average, and the times by which it has been bought in a tenth, half and \
            nine deciles of the futures that hold it. Customers are named by their pseudonyms \
            (see foretwin twin show). --demand FILE also writes what all customers together take: \
            how many of each item, of each category and of all on each day (day 0 is the whole \
            horizon), with an interval that 9 futures of 10 lie in. Customers are simulated each \
            on its own, so it holds no shock that hits all at once. A run that ends early is resumed when it is started \
            again; events that came late meanwhile are told of some twins only.
            """)

    @Argument(help: "The customer's id as the shop knows it.")
    var customer: String?

    @Flag(help: "Simulate every twin of the store instead.")
    var all = false

    @OptionGroup(title: "With --all") var fleet: FleetOptions

    @Option(help: "How many paths to show. (default: 3)")
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
                "--demand needs --paths 2 or more, to tell how far futures differ.")
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
                    store: Self.place(storeOptions.store), models: Self.place(modelOptions.models),
                    version: trained.version))
        }
        let recommender = try Recommender(store: store, trained)
        let subject = try recommender.subject(customer, asOf: try futures.moment())
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

    private static func place(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }

    private struct PathEvent: Encodable {
        var time: String
        var type: String
        var itemID: String
        var evidence: String
    }

    private func paths(_ futures: Futures, _ catalogue: ModelCatalogue) -> [[PathEvent]] {
        (0..<futures.pathCount).map { index in
            futures.path(index).map { event in
                PathEvent(
                    time: Timestamp(seconds: event.time).iso8601, type: event.type.name,
                    itemID: catalogue.itemIDs[Int(event.item)],
                    evidence: ExpertID.allCases[Int(event.source)].rawValue)
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
        let places = Set(predicted.map(\.item) + shown.joined().map(\.item))
        let items = try store.items(places.sorted().map { catalogue.itemIDs[Int($0)] })
        func name(_ place: Int32) -> String {
            let id = catalogue.itemIDs[Int(place)]
            return shortened(items[id]?.name ?? id, to: 44)
        }
        let mean = (futures.meanLength * 10).rounded() / 10
        print("\(futures.pathCount) futures of \(customer), \(mean) events each on average")
        if futures.departed >= 0.01 {
            print(
                "By the length of the silence the customer has left for good with a probability "
                    + "of \(percent(futures.departed)); as many futures are empty.")
        }
        if let error = futures.itemHeadError {
            print(
                "From this large catalogue the LSTM's items are drawn by proposals: "
                    + "about \(percent(error)) would be others if it were gone through.")
        }
        for (index, path) in shown.enumerated() {
            print("\nPath \(index + 1)")
            guard !path.isEmpty else {
                print("  nothing within the horizon")
                continue
            }
            var table = Table("time", "does", "item", "from")
            for event in path {
                table.add(
                    Timestamp(seconds: event.time).iso8601, event.type.name,
                    name(event.item), ExpertID.allCases[Int(event.source)].rawValue)
            }
            printLines(table.lines(indent: 2))
            if futures.path(index).count > path.count {
                print("  … and \(futures.path(index).count - path.count) more")
            }
        }
        print("\nAny contact within the horizon")
        var table = Table("item", "#chance", "#95 % interval", "by")
        for item in predicted {
            table.add(
                name(item.item), percent(item.probability),
                "\(percent(item.interval.lowerBound)) to \(percent(item.interval.upperBound))",
                Timestamp(seconds: item.medianTime).date)
        }
        printLines(table.lines(indent: 2))
    }
}
