import ArgumentParser
import Foundation
import Prediction
import Recommendations
import Simulation
import Time

/// How futures are simulated, for all commands that do.
struct FutureOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How far to look.", valueName: "days"))
    var horizon = 28.0

    @Option(help: "How many futures to simulate.")
    var paths = 500

    @Option(help: "Decides every random choice; the same seed gives the same futures.")
    var seed: UInt64 = 7

    @Option(
        name: .customLong("as-of"),
        help: ArgumentHelp(
            "The moment to look from, ISO 8601; the newest event of the store unless given.",
            valueName: "time"))
    var asOf: String?

    @Option(help: "Threads; the result does not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        _ = try moment()
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads must be from 1 to 1024.")
        }
    }

    /// How far to look, in seconds.
    func horizonSeconds() throws -> Int64 {
        guard horizon.isFinite, horizon > 0, horizon <= 366 else {
            throw ValidationError("--horizon must be above 0 and at most 366 days.")
        }
        return Int64(horizon * 86_400)
    }

    /// The moment to look from, if one was given.
    func moment() throws -> Timestamp? {
        guard let asOf else { return nil }
        guard let moment = Timestamp(text: asOf) else {
            throw ValidationError("--as-of is '\(asOf)'. Write it as 2026-03-01T10:00:00Z.")
        }
        return moment
    }

    /// Options of a recommendation with these futures.
    func recommendationOptions() throws -> RecommendationOptions {
        var options = RecommendationOptions()
        options.horizonDays = horizon
        options.paths = paths
        options.seed = seed
        options.asOf = try moment()
        options.threads = threads
        return options
    }
}

/// `foretwin recommend`.
struct RecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "Rank what a customer will probably take next, with reasons.",
        discussion: """
            Simulates the customer's futures, counts the items in them, and ranks them by \
            probability, closeness to the customer's taste and preferred categories. Adds one \
            surprise pick. A customer of whom nothing is known gets what is popular.
            """)

    @Argument(help: "The customer's id as the shop knows it.")
    var customer: String

    @Option(name: [.customShort("n"), .customLong("count")], help: "How many items.")
    var count = 10

    @Option(help: "How many of the best to pass over.")
    var offset = 0

    @Flag(inversion: .prefixedNo, help: "Rank by simulated paths.")
    var usePaths = true

    @Flag(
        inversion: .prefixedNo, help: "Rank by closeness of item vectors to the customer's taste.")
    var useEmbeddings = true

    @Flag(inversion: .prefixedNo, help: "Rank by the customer's preferred categories.")
    var usePreferences = true

    @Flag(inversion: .prefixedNo, help: "Add a surprise pick.")
    var surprise = true

    @Flag(help: "Print JSON, as the HTTP API answers.")
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

    /// The answer as a person reads it.
    static func lines(_ answer: RecommendationList, customer: String) -> [String] {
        let days = Int(answer.horizonDays.rounded())
        var lines = ["\(customer): the next \(days) days from \(answer.asOf.prefix(10))"]
        if answer.isColdStart {
            lines.append("Nothing is known of this customer yet (cold start): what is popular now.")
        }
        lines.append("")
        guard !answer.items.isEmpty else {
            return lines + ["No item occurs in any of the futures. Try a longer --horizon."]
        }
        var table = Table("#", "item", "#chance", "by", "because")
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
            lines += ["", "Chances are fitted to what came after earlier forecasts."]
        }
        if let surprise = answer.surprise {
            lines += ["", "Surprise: \(surprise.name)"]
            lines += surprise.reasons.map { "          \($0.text)" }
        }
        return lines
    }
}
