import Prediction
package import Recommendations
import Reports
package import Simulation
package import TwinStorage

/// Simulates customers and makes a page about them.
///
/// A task that is cancelled ends the run with `CancellationError` within a simulation.
package struct ReportRun: Sendable {
    /// What is known and forecast of one customer.
    package struct Answer {
        /// The customer's id as the shop knows it.
        package let customer: String
        /// What is known of the customer.
        package let subject: Recommender.Subject
        /// The simulated futures.
        package let futures: Futures
        /// The recommendations that follow from the futures.
        package let recommendations: RecommendationList
    }

    private let store: TwinStore
    private let trained: TrainedModel
    private let recommender: Recommender

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - trained: The model that forecasts, with its calibration.
    /// - Throws: What the store throws.
    package init(_ store: TwinStore, _ trained: TrainedModel) throws {
        self.store = store
        self.trained = trained
        recommender = try Recommender(store: store, trained)
    }

    /// Simulates the futures of customers and ranks what is in them.
    ///
    /// - Parameters:
    ///   - customers: The ids of the customers.
    ///   - options: What to ask.
    ///   - progress: Receives a report before each customer.
    /// - Returns: The answers, in the order of the customers.
    /// - Throws: When an option is out of its range or a customer is not known; what the store
    ///   throws; `CancellationError`.
    package func answers(
        _ customers: [String], options: RecommendationOptions, progress: ProgressSink = { _ in }
    ) throws -> [Answer] {
        try customers.enumerated().map { index, customer in
            progress(OperationProgress(.customers, done: index, total: customers.count))
            try options.validate()
            try Task.checkCancellation()
            let subject = try recommender.subject(customer, asOf: options.asOf)
            let futures = try recommender.simulate(subject, settings: options.simulation)
            return Answer(
                customer: customer, subject: subject, futures: futures,
                recommendations: try recommender.recommendations(
                    subject, futures: futures, options: options))
        }
    }

    /// Makes the page of customers.
    ///
    /// - Parameter answers: The answers about the customers.
    /// - Returns: The page as HTML.
    /// - Throws: What the store throws.
    package func page(_ answers: [Answer]) throws -> String {
        let reports = try answers.map { answer in
            try TwinReport(
                subject: answer.subject, futures: answer.futures,
                recommendations: answer.recommendations, model: trained.model, store: store,
                displayName: answer.customer)
        }
        return try ReportPage(
            title: "Foretwin report", customers: reports, metrics: trained.metrics,
            seasons: trained.model.response.categorySeasons
        ).html()
    }
}
