import ArgumentParser
import Foundation
import Prediction
import Recommendations
import Reports
import Simulation
import TwinStorage

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
        let trained = try modelOptions.registry.load(version: modelOptions.modelVersion)
        let recommender = try Recommender(store: store, trained)
        let progress = ProgressBar()
        let answers = try customers.enumerated().map { index, customer in
            progress.show(
                "simulate", fraction: Double(index) / Double(customers.count), detail: customer)
            return try ReportCommand.answer(
                customer, recommender, options: try futures.recommendationOptions())
        }
        progress.finish("\(customers.count) customers")
        try ReportCommand.write(
            answers, metrics: trained.metrics, model: trained.model, store: store, to: output)
        print("Wrote \(output). Open it in a browser.")
    }

    /// What is known and foreseen of one customer.
    struct Answer {
        var customer: String
        var subject: Recommender.Subject
        var futures: Futures
        var recommendations: Recommendations
    }

    /// Simulates one customer's futures and ranks what is in them.
    static func answer(
        _ customer: String, _ recommender: Recommender, options: RecommendationOptions
    ) throws -> Answer {
        try options.validate()
        let subject = try recommender.subject(customer, asOf: options.asOf)
        let futures = try recommender.simulate(subject, settings: options.simulation)
        let recommendations = try recommender.recommendations(
            subject, futures: futures, options: options)
        return Answer(
            customer: customer, subject: subject, futures: futures,
            recommendations: recommendations)
    }

    /// Writes the page of some customers.
    static func write(
        _ answers: [Answer], metrics: TrainingMetrics, model: PredictionModel, store: TwinStore,
        to path: String
    ) throws {
        let reports = try answers.map { answer in
            try TwinReport(
                subject: answer.subject, futures: answer.futures,
                recommendations: answer.recommendations, model: model, store: store,
                displayName: answer.customer)
        }
        let page = ReportPage(
            title: "Foretwin report", customers: reports, metrics: metrics,
            seasons: model.response.categorySeasons)
        try writeText(page.html(), to: path)
    }
}
