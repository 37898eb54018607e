import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOConcurrencyHelpers
import NIOCore
import Prediction
import Recommendations
import ServiceLifecycle
package import TwinStorage
import UnixSignals

/// The HTTP service: takes in events, shows twins, recommends.
///
/// One service is made for a store; it may use any model that appears in the model folder while it
/// runs. Without a model it takes in events and shows twins.
package struct ForetwinService: Sendable {
    private let configuration: ServiceConfiguration
    private let logger: Logger
    private let events: EventRoutes
    private let twins: TwinRoutes
    private let health: HealthRoutes
    private let connections = Connections()
    private let held: HeldBytes

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen and what to serve.
    ///   - store: The store, opened.
    ///   - logger: Gets one line a request, and errors.
    /// - Throws: ``ServiceError`` for a setting that is out of its range or would not be safe;
    ///   `PredictionError` for a version of the model that is named and cannot be used.
    package init(configuration: ServiceConfiguration, store: TwinStore, logger: Logger) throws {
        let registry = ModelRegistry(folder: configuration.modelFolder)
        let models =
            try configuration.modelVersion.map {
                try ModelHolder(version: $0, of: registry, store: store, logger: logger)
            } ?? ModelHolder(registry: registry, store: store, logger: logger)
        try self.init(configuration: configuration, store: store, models: models, logger: logger)
    }

    init(
        configuration: ServiceConfiguration, store: TwinStore, models: ModelHolder,
        logger: Logger, bodies: BodyReader = BodyReader(), uploads: UploadQueue = UploadQueue(),
        simulations: SimulationQueue = SimulationQueue(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        try configuration.validate()
        self.configuration = configuration
        self.logger = logger
        events = EventRoutes(
            store: store, createItems: configuration.createItems, bodies: bodies,
            uploads: uploads, now: now)
        held = bodies.held
        twins = TwinRoutes(
            store: store, models: models, simulations: simulations, connections: connections,
            surprises: NIOLockedValueBox(SurpriseSchedule(rate: configuration.surpriseRate)))
        health = HealthRoutes(store: store, models: models)
    }

    /// Serves until SIGTERM or SIGINT, then finishes the requests
    /// under way, for eight seconds at most.
    ///
    /// - Parameter overtime: Called when work goes on although its requests were cancelled at the
    ///   end of that time, to end the process.
    /// - Throws: ``ServiceError`` with the code `address` when the address cannot be listened on.
    package func run(overtime: @escaping @Sendable () -> Void = {}) async throws {
        // The last service is the first to be told of the end.
        var group = ServiceGroupConfiguration(
            services: [application(), Overtime(action: overtime)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        group.maximumGracefulShutdownDuration = ServiceLimits.shutdownGrace
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let error as IOError {
            throw ServiceError(
                .address,
                "Cannot listen on \(configuration.host):\(configuration.port): "
                    + "\(String(cString: strerror(error.errnoCode))). Use another port.")
        }
    }

    /// The server with all its limits.
    func application(
        requestDeadline: TimeAmount = ServiceLimits.requestDeadline,
        writeDeadline: TimeAmount = ServiceLimits.writeDeadline,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let connections = connections
        let held = held
        return Application(
            router: router(),
            server: HTTPServerBuilder { responder in
                ServiceChannel(
                    responder: responder, connections: connections, held: held,
                    requestDeadline: requestDeadline, writeDeadline: writeDeadline)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: .maximum(
                    ServiceLimits.connectionCountMax, logger: logger)),
            onServerRunning: onServerRunning, logger: logger)
    }

    /// All routes behind their guard.
    func router() -> Router<ServiceContext> {
        let router = Router(
            context: ServiceContext.self, options: [.autoGenerateHeadEndpoints])
        let hosts: Set = ["localhost", "127.0.0.1", "::1", configuration.host]
        router.add(
            middleware: RequestGuard(
                logger: logger, hosts: configuration.allowRemote ? nil : hosts))
        router.post("/v1/events", use: events.post)
        router.get("/v1/twins/{id}", use: twins.twin)
        router.get("/v1/twins/{id}/recommendations", use: twins.recommendations)
        router.get("/healthz", use: health.health)
        router.get("/readyz", use: health.readiness)
        return router
    }
}
