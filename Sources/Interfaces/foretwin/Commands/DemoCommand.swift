import ArgumentParser
import Foundation
import Learning
import Operations
import Prediction
import Recommendations
import Simulation
import SyntheticShop
import TextFiles
import TwinStorage

/// `foretwin demo`.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run all steps on a made-up shop: events, twins, model, paths, report.",
        discussion: """
            Generates a shop, ingests its events, trains, simulates, prints the recommendations \
            of three customers, and writes a report. Everything goes into one folder; the same \
            seeds give the same models and recommendations, byte for byte. In the folder of an \
            earlier demo, that one's files are replaced, and all others stay.
            """)

    @Option(name: .shortAndLong, help: "The folder of all files.")
    var output = "demo"

    @Option(help: "The number of customers to show.")
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
        let store = try SyntheticStore.make(
            shop, in: output, environment: ProcessInfo.processInfo.environment
        ) { progress.show($0) }
        let registry = ModelRegistry(folder: output + "/models")
        let outcome = try TrainingWorkflow(
            store, registry: registry,
            settings: .init(configuration: configuration, backtestCustomers: 100)
        ).run { progress.show($0) }
        printLines(TrainCommand.summary(outcome, in: output + "/models"))
        let trained = try registry.load()
        let run = try ReportRun(store, trained)
        var options = RecommendationOptions()
        options.seed = configuration.seed
        options.threads = configuration.sequence.threads
        let customers = shop.truth.customers.filter { $0.leavesOnDay == nil }.prefix(show)
        let answers = try run.answers(customers.map(\.userID), options: options)
        for answer in answers {
            print("")
            printLines(RecommendCommand.lines(answer.recommendations, customer: answer.customer))
        }
        let report = output + "/report.html"
        try writeText(try run.page(answers), to: report)
        printNext(answers.first?.customer ?? "CUSTOMER", report: report)
    }

    /// Removes what an earlier demo has made in the folder; other files in it stay.
    private func clear() throws {
        let manager = FileManager.default
        let marker = output + "/.foretwin-demo"
        if manager.fileExists(atPath: output) {
            let contents = (try? manager.contentsOfDirectory(atPath: output)) ?? []
            guard contents.isEmpty || manager.fileExists(atPath: marker) else {
                throw ValidationError(
                    "\(output) holds something that is not a demo. Give another folder: --output.")
            }
            for name in Self.madeNames(ModelRegistry(folder: output + "/models")) {
                let path = "\(output)/\(name)"
                if manager.fileExists(atPath: path) { try manager.removeItem(atPath: path) }
            }
            for name in ["shop/context", "shop", "models", "store"] {
                // With what is not the demo's in it, a folder stays.
                rmdir("\(output)/\(name)")
            }
        }
        try Folders.make(output)
        try AtomicFile.write([], to: marker)
    }

    /// The names of what a demo makes in its folder.
    private static func madeNames(_ registry: ModelRegistry) -> [String] {
        let models = [".lock", ".trainer.lock", ".training", "current"] + registry.versions
        let store = ["data.mdb", "lock.mdb", "writer.lock"]
        return ShopGenerator.fileNames.map { "shop/" + $0 } + store.map { "store/" + $0 }
            + models.map { "models/" + $0 } + ["store.key", "report.html"]
    }

    private func printNext(_ customer: String, report: String) {
        let folders = "--store \(output)/store --models \(output)/models"
        print(
            """

            The report is in \(report). Open it in a browser.

            Look further:
              foretwin twin show \(customer) --store \(output)/store
              foretwin simulate \(customer) \(folders)
            Serve it:
              foretwin serve \(folders)
              curl http://127.0.0.1:8080/v1/twins/\(customer)/recommendations
            Your own data (see foretwin ingest --help):
              foretwin ingest events.csv --items items.csv
              foretwin train
              foretwin recommend CUSTOMER
            """)
    }
}
