import ArgumentParser
import Foundation
import Operations
import Prediction
import Simulation

/// `foretwin report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a page about customers: what they did, what comes next, and why.",
        discussion: """
            One self-contained HTML file that opens in any browser and prints well. It names \
            customers by the ids you give here: hand it to those who may know them.

            --fleet writes a page about all customers instead, from what 'foretwin simulate --all' \
            has written: expected demand by category and day, the items most in demand, what will \
            be due when, who will be busy, and, with --before, what changed since an earlier run \
            and what chance alone could explain. It names customers by their pseudonyms.
            """)

    @Argument(help: "Customers' ids as the shop knows them.")
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
