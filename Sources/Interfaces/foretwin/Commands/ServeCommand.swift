import ArgumentParser
import Logging
import PropertyGraph
import Service
import Time
import TwinStorage

/// `foretwin serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve events and recommendations over HTTP.",
        discussion: """
            POST /v1/events takes events as JSON, JSON Lines or CloudEvents.
            GET /v1/twins/CUSTOMER/recommendations ranks what a customer will probably take next.
            GET /v1/twins/CUSTOMER shows a twin; /healthz and /readyz are for whoever watches.

            It listens on this machine only: this version knows no keys. A new version of the \
            model is taken up as soon as it is published.
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on.")
    var port = 8080

    @Option(
        name: .customLong("surprise-rate"),
        help: "The share of answers that come with a surprise pick, 0 to 1.")
    var surpriseRate = 0.1

    @Option(
        name: .customLong("log-level"),
        help: "How much to log: debug, info, notice, warning, error.")
    var logLevel = "info"

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var modelOptions: ModelOptions

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError(
                "--log-level is '\(logLevel)'. Use debug, info, notice, warning or error.")
        }
        var logger = Logger(label: "foretwin") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        let store = try storeOptions.open(.create)
        if let time = try store.compactionDue() {
            logger.warning(
                """
                Data that was erased on \(time.date) is still in the store's file. Stop the server \
                and run 'foretwin compact'.
                """)
        }
        var configuration = ServiceConfiguration(
            storePath: storeOptions.store, modelFolder: modelOptions.models)
        configuration.host = host
        configuration.port = port
        configuration.surpriseRate = surpriseRate
        let service = try ForetwinService(
            configuration: configuration, store: store, logger: logger)
        try await service.run()
    }
}
