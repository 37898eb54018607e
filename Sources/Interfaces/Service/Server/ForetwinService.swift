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

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen and what to serve.
    ///   - store: The store, opened.
    ///   - logger: Gets one line a request, and errors.
    /// - Throws: ``ServiceError`` for a setting that is out of its range or would not be safe.
    package init(configuration: ServiceConfiguration, store: TwinStore, logger: Logger) throws {
        let registry = ModelRegistry(folder: configuration.modelFolder)
        let models = ModelHolder(registry: registry, store: store, logger: logger)
        try self.init(configuration: configuration, store: store, models: models, logger: logger)
    }

    init(
        configuration: ServiceConfiguration, store: TwinStore, models: ModelHolder,
        logger: Logger, bodies: BodyReader = BodyReader(),
        simulations: SimulationQueue = SimulationQueue(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        try configuration.validate()
        self.configuration = configuration
        self.logger = logger
        events = EventRoutes(
            store: store, createItems: configuration.createItems, bodies: bodies, now: now)
        twins = TwinRoutes(
            store: store, models: models, simulations: simulations,
            surprises: NIOLockedValueBox(SurpriseSchedule(rate: configuration.surpriseRate)))
        health = HealthRoutes(store: store, models: models)
    }

    /// Serves until the process is told to end (SIGTERM or SIGINT), then finishes the requests
    /// under way, for eight seconds at most.
    ///
    /// - Throws: ``ServiceError`` with the code `address` when the address cannot be listened on.
    package func run() async throws {
        var group = ServiceGroupConfiguration(
            services: [application()], gracefulShutdownSignals: [.sigterm, .sigint],
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
        onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            router: router(),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [RequestDeadlineHandler(deadline: requestDeadline)],
                    idleTimeout: ServiceLimits.idleTimeout,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: ServiceLimits.headerByteCountMax,
                        maxHeaderListSize: ServiceLimits.headerByteCountMax,
                        maxHeaderFieldCount: ServiceLimits.headerFieldCountMax))),
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
        refuseOtherMethods(on: router)
        return router
    }

    /// Answers 405 for methods that a path does not have.
    private func refuseOtherMethods(on router: Router<ServiceContext>) {
        let allowed: [(RouterPath, [HTTPRequest.Method])] = [
            ("/v1/events", [.post]), ("/v1/twins/{id}", [.get, .head]),
            ("/v1/twins/{id}/recommendations", [.get, .head]), ("/healthz", [.get, .head]),
            ("/readyz", [.get, .head]),
        ]
        for (path, methods) in allowed {
            let names = methods.map(\.rawValue).joined(separator: ", ")
            let others: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete]
            for method in others where !methods.contains(method) {
                router.on(path, method: method) { _, _ -> Response in
                    var problem = Problem(
                        .methodNotAllowed, "method", "This path answers \(names) alone.")
                    problem.headers[.allow] = names
                    throw problem
                }
            }
        }
    }
}
