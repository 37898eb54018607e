import Hummingbird
import PropertyGraph
import ServiceLifecycle
import TwinStorage

/// Whether the service lives, and whether it can do its work.
struct HealthRoutes: Sendable {
    let store: TwinStore
    let models: ModelHolder

    private struct Health: Encodable {
        var status: String
        var modelVersion: String?
    }

    /// `GET /healthz`: the process answers.
    func health(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try JSONAnswer.response(Health(status: "ok"))
    }

    /// `GET /readyz`: the store can be read and written, a model is loaded, and the service is not
    /// about to end.
    func readiness(_ request: Request, _ context: ServiceContext) async throws -> Response {
        guard !Task.isShuttingDownGracefully else {
            throw Problem.busy("The service is shutting down.")
        }
        let models = models
        let store = store
        let version = try await WorkThreads.checking {
            _ = try store.newestEvent()
            guard !store.graph.refusesWrites else { throw Problem.storeFailed }
            guard try store.graph.isInPlace() else { throw Problem.storeMoved }
            return try models.current().version
        }
        return try JSONAnswer.response(Health(status: "ready", modelVersion: version))
    }
}
