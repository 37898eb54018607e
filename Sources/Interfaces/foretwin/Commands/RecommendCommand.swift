import ArgumentParser
import Foundation
import Prediction
import Recommendations
import Simulation
import Time

/// The options of a simulation.
struct FutureOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The horizon of the forecast.", valueName: "days"))
    var horizon = 28.0

    @Option(help: "The number of paths to simulate.")
    var paths = 500

    @Option(help: "The seed of the random numbers; the same seed gives the same paths.")
    var seed: UInt64 = 7

    @Option(
        name: .customLong("as-of"),
        help: ArgumentHelp(
            "The time to forecast from, ISO 8601. (default: the newest event of the store)",
            valueName: "time"))
    var asOf: String?

    @Option(help: "The number of threads; the result does not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        _ = try time()
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads must be from 1 to 1024.")
        }
    }

    /// The horizon, in seconds.
    func horizonSeconds() throws -> Int64 {
        guard horizon.isFinite, horizon > 0, horizon <= 366 else {
            throw ValidationError("--horizon must be above 0 and at most 366 days.")
        }
        return Int64(horizon * 86_400)
    }

    /// The time to forecast from, if one was given.
    func time() throws -> Timestamp? {
        guard let asOf else { return nil }
        guard let time = Timestamp(text: asOf) else {
            throw ValidationError("--as-of is '\(asOf)'. Write it as 2026-03-01T10:00:00Z.")
        }
        return time
    }

    /// The options of recommendations from these paths.
    func recommendationOptions() throws -> RecommendationOptions {
        var options = RecommendationOptions()
        options.horizonDays = horizon
        options.paths = paths
        options.seed = seed
        options.asOf = try time()
        options.threads = threads
        return options
    }
}

/// `foretwin recommend`.
struct RecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "Rank the items that a customer will probably buy next, with reasons.",
        discussion: """
            Simulates paths of the customer and ranks the items in them by probability, similarity \
            to the customer's taste, and preferred categories. Adds one surprise pick. A customer \
            without history gets popular items.
            """)

    @Argument(help: "The customer's id in the shop.")
    var customer: String

    @Option(name: [.customShort("n"), .customLong("count")], help: "The number of items.")
    var count = 10

    @Option(help: "The number of items to skip at the top of the list.")
    var offset = 0

    @Flag(inversion: .prefixedNo, help: "Rank by simulated paths.")
    var usePaths = true

    @Flag(
        inversion: .prefixedNo, help: "Rank by similarity of item vectors to the customer's taste.")
    var useEmbeddings = true

    @Flag(inversion: .prefixedNo, help: "Rank by the customer's preferred categories.")
    var usePreferences = true

    @Flag(inversion: .prefixedNo, help: "Add a surprise pick.")
    var surprise = true

    @Flag(help: "Print JSON, in the form of the HTTP API.")
    var json = false

    @OptionGroup var futures: FutureOptions
    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var modelOptions: ModelOptions

    func run() throws {
        let store = try storeOptions.open()
        let trained = try modelOptions.registry.load(version: modelOptions.modelVersion)
        let recommender = try Recommender(store: store, trained)
        var options = try futures.recommendationOptions()
        options.count = count
        options.offset = offset
        options.usesPaths = usePaths
        options.usesEmbeddings = useEmbeddings
        options.usesPreferences = usePreferences
        options.wantsSurprise = surprise
        let answer = try recommender.recommend(customer, options: options)
        if json {
            try printJSON(answer)
        } else {
            printLines(RecommendCommand.lines(answer, customer: customer))
        }
    }

    /// The answer as text.
    static func lines(_ answer: RecommendationList, customer: String) -> [String] {
        let days = Int(answer.horizonDays.rounded())
        var lines = ["\(customer): the next \(days) days from \(answer.asOf.prefix(10))"]
        if answer.isColdStart {
            lines.append(
                "This customer is not known yet (cold start). These items are popular now.")
        }
        lines.append("")
        guard !answer.items.isEmpty else {
            return lines + ["No item occurs in any path. Use a longer --horizon."]
        }
        var table = Table("#", "item", "#probability", "expected", "reasons")
        for (index, item) in answer.items.enumerated() {
            for (line, reason) in item.reasons.prefix(2).enumerated() {
                let because =
                    "\(percent(reason.probability))  \(shortened(reason.text, to: 76))"
                if line == 0 {
                    table.add(
                        "\(index + 1)", shortened(item.name, to: 40), percent(item.bestProbability),
                        item.expectedDate ?? "", because)
                } else {
                    table.add("", "", "", "", because)
                }
            }
        }
        lines += table.lines()
        if answer.items.contains(where: { $0.calibratedProbability != nil }) {
            lines += ["", "Probabilities are calibrated on past forecasts."]
        }
        if let surprise = answer.surprise {
            lines += ["", "Surprise: \(surprise.name)"]
            lines += surprise.reasons.map { "          \($0.text)" }
        }
        return lines
    }
}
