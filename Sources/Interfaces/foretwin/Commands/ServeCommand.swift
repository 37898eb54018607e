import ArgumentParser
import Foundation
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
            GET /v1/twins/CUSTOMER/recommendations ranks what a customer will probably buy next.
            GET /v1/twins/CUSTOMER shows a twin. /healthz and /readyz are for monitoring.

            It listens on this machine only, because it has no authentication. A newly promoted \
            version of the model is loaded at once, unless --model-version names a version.
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on.")
    var port = 8080

    @Flag(
        name: .customLong("allow-remote"),
        help: ArgumentHelp(
            "Let --host name an address that other machines can reach, and answer any Host.",
            discussion: """
                Every client that reaches the port can read and change all twins. Use it only \
                behind a proxy with authentication, in a private network.
                """))
    var allowRemote = false

    @Flag(help: "Make a new store if there is none.")
    var create = false

    @Flag(
        name: .customLong("known-items-only"),
        help:
            "Reject events about items that are not in the catalogue, instead of adding the items."
    )
    var knownItemsOnly = false

    @Option(
        name: .customLong("surprise-rate"),
        help: "The fraction of answers with a surprise pick, 0 to 1.")
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
        let log = LogStream()
        defer { log.flush(milliseconds: 500) }
        let logger = Self.logger(level, to: log)
        let configuration = ServiceConfiguration(
            host: host, port: port, storePath: storeOptions.store,
            modelFolder: modelOptions.models, modelVersion: modelOptions.modelVersion,
            allowRemote: allowRemote, surpriseRate: surpriseRate, createItems: !knownItemsOnly)
        // Before a store is made.
        do {
            try configuration.validate()
        } catch {
            guard error.code == .remoteAddress else { throw error }
            throw ValidationError("\(error) The flag for it is --allow-remote.")
        }
        let store = try openStore()
        if let time = try store.compactionDue() {
            logger.warning(
                """
                Data that was erased on \(time.date) is still in the store's file. Stop the server \
                and run 'foretwin compact'.
                """)
        }
        let service = try ForetwinService(
            configuration: configuration, store: store, logger: logger)
        // The end of a terminal is no reason to end a server.
        signal(SIGHUP, SIG_IGN)
        // What was acknowledged is on disk, so that nothing is lost by an end at any time.
        try await service.run(overtime: {
            log.flush(milliseconds: 500)
            _exit(0)
        })
    }

    private static func logger(_ level: Logger.Level, to log: LogStream) -> Logger {
        var logger = Logger(label: "foretwin") { StreamLogHandler(label: $0, stream: log) }
        logger.logLevel = level
        return logger
    }

    /// Opens the store; a name with a slip must not become a new one.
    private func openStore() throws -> TwinStore {
        let exists = FileManager.default.fileExists(atPath: storeOptions.store + "/data.mdb")
        guard exists || create else {
            throw ValidationError(
                "There is no store at \(storeOptions.store). Give the --store of your shop, or "
                    + "--create to begin with an empty one.")
        }
        return try storeOptions.open(create ? .create : .write)
    }
}
