import ArgumentParser
import Foundation
import Learning
import Prediction
import Recommendations
import ShopFormats
import Simulation
import SyntheticShop
import TwinStorage

/// `foretwin demo`.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See the whole way on a made-up shop: events, twins, model, futures, report.",
        discussion: """
            Generates a shop, ingests its events, trains, simulates, prints the recommendations \
            of three customers, and writes a report. Everything goes into one folder; the same \
            seeds give the same models and recommendations, byte for byte.
            """)

    @Option(name: .shortAndLong, help: "The folder that everything goes into.")
    var output = "demo"

    @Option(help: "How many customers to show.")
    var show = 3

    @OptionGroup var shopOptions: ShopOptions
    @OptionGroup var training: TrainingOptions

    func validate() throws {
        guard (1...50).contains(show), show <= shopOptions.customers else {
            throw ValidationError(
                "--show must be from 1 to 50 and at most the number of customers.")
        }
    }

    func run() throws {
        let configuration = try training.configuration()
        let shop = try shopOptions.shop()
        try clear()
        let progress = ProgressBar()
        let store = try Self.generate(shop, in: output, progress)
        let registry = ModelRegistry(folder: output + "/models")
        let outcome = try TrainCommand.train(
            store, configuration: configuration, registry: registry, backtestCustomers: 100,
            progress: progress)
        printLines(TrainCommand.summary(outcome, in: output + "/models"))
        let trained = try registry.load()
        let recommender = try Recommender(store: store, trained)
        var options = RecommendationOptions()
        options.seed = configuration.seed
        options.threads = configuration.sequence.threads
        let customers = shop.truth.customers.filter { $0.leavesOnDay == nil }.prefix(show)
        let answers = try customers.map {
            try ReportCommand.answer($0.userID, recommender, options: options)
        }
        for answer in answers {
            print("")
            printLines(RecommendCommand.lines(answer.recommendations, customer: answer.customer))
        }
        let report = output + "/report.html"
        try ReportCommand.write(
            answers, metrics: trained.metrics, model: trained.model, store: store, to: report)
        printNext(answers.first?.customer ?? "CUSTOMER", report: report)
    }

    /// Removes what an earlier demo left in the folder, and nothing else.
    private func clear() throws {
        let manager = FileManager.default
        let marker = output + "/.foretwin-demo"
        if manager.fileExists(atPath: output) {
            let contents = (try? manager.contentsOfDirectory(atPath: output)) ?? []
            guard contents.isEmpty || manager.fileExists(atPath: marker) else {
                throw ValidationError(
                    "\(output) holds something that is not a demo. Give another folder: --output.")
            }
            try manager.removeItem(atPath: output)
        }
        try manager.createDirectory(atPath: output, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: marker))
    }

    /// Writes the shop's files into a folder and ingests them as anybody's would be.
    static func generate(
        _ shop: SyntheticShop, in output: String, _ progress: ProgressBar
    ) throws -> TwinStore {
        progress.show("generate", fraction: nil, detail: "a shop")
        let folder = output + "/shop"
        try shop.write(to: folder)
        progress.finish(
            "\(shop.truth.customers.count) customers, \(shop.items.count) items, "
                + "\(shop.configuration.days) days")
        let path = output + "/store"
        let pseudonymizer = try Pseudonymizer(
            keyFile: TwinStore.keyFile(forStore: path),
            environment: ProcessInfo.processInfo.environment, create: true)
        let store = try TwinStore(path: path, pseudonymizer: pseudonymizer)
        try IngestCommand.ingest(
            ItemReader(path: folder + "/items.csv"), into: store, progress)
        let ingestor = Ingestor(
            into: store,
            progress: { report, fraction in
                let rate = Double(report.total) / max(0.001, progress.seconds)
                progress.show(
                    "events", fraction: fraction,
                    detail: "\(grouped(report.total)) events, \(grouped(Int(rate)))/s")
            })
        progress.show("events", fraction: 0, detail: "")
        let report = try ingestor.ingest(EventReader(path: folder + "/events.csv"))
        progress.finish("\(grouped(report.added)) events")
        try IngestCommand.settle(store, progress)
        try store.add(shop.contextAtEnd())
        return store
    }

    private func printNext(_ customer: String, report: String) {
        let places = "--store \(output)/store --models \(output)/models"
        print(
            """

            The report is in \(report). Open it in a browser.

            Look further:
              foretwin twin show \(customer) --store \(output)/store
              foretwin simulate \(customer) \(places)
            Serve it:
              foretwin serve \(places)
              curl http://127.0.0.1:8080/v1/twins/\(customer)/recommendations
            Your own data (see foretwin ingest --help):
              foretwin ingest events.csv --items items.csv
              foretwin train
              foretwin recommend CUSTOMER
            """)
    }
}
