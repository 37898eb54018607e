import ArgumentParser
import Foundation
import Operations
import Prediction
import Simulation

/// `foretwin report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a page about customers: history, forecasts and reasons.",
        discussion: """
            One self-contained HTML file for any browser. It names customers by the ids that you \
            give here, so share it only with people who may know them.

            --fleet writes a page about all customers instead, from the files of 'foretwin \
            simulate --all': expected demand by category and day, the items with the highest \
            demand, dates of need, the most active customers, and, with --before, changes since an \
            earlier run with their margins of error. It names customers by customer key.
            """)

    @Argument(help: "The customers' ids in the shop.")
    var customers: [String] = []

    @OptionGroup(title: "About all customers") var fleet: FleetReportOptions

    @Option(name: .shortAndLong, help: "The file to write.")
    var output = "report.html"

    @OptionGroup var futures: FutureOptions
    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var modelOptions: ModelOptions

    func validate() throws {
        guard customers.isEmpty != fleet.fleet.isEmpty else {
            throw ValidationError("Give either customers or --fleet.")
        }
        guard customers.count <= 50 else {
            throw ValidationError("A report holds at most 50 customers, \(customers.count) given.")
        }
    }

    func run() throws {
        let store = try storeOptions.open()
        guard fleet.fleet.isEmpty else { return try fleet.run(store, to: output) }
        let run = try ReportRun(
            store, try modelOptions.registry.load(version: modelOptions.modelVersion))
        let progress = ProgressBar()
        let answers = try run.answers(
            customers, options: try futures.recommendationOptions()
        ) { report in
            progress.show(
                "simulate", fraction: report.fraction, detail: customers[report.done])
        }
        progress.finish("\(customers.count) customers")
        try writeText(try run.page(answers), to: output)
        print("Wrote \(output). Open it in a browser.")
    }
}
