import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOEmbedded
import Prediction
import Shop
import SyntheticShop
import TestSupport
import Testing
import TwinStorage

@testable import Service

/// A small shop and a model of it, trained once for all tests.
struct TrainedShop: Sendable {
    let events: [Event]
    let items: [Item]
    let model: PredictionModel
    let metrics: TrainingMetrics

    static let shared = Result { try TrainedShop() }

    private init() throws {
        let shop = try ShopGenerator(.init(customers: 30, items: 60, days: 40, seed: 11))
        events = Array(shop.events())
        items = shop.items
        let configuration = TrainingConfiguration(seed: 5, width: 8, epochs: 1, threads: 2)
        let data = TrainingData(events, by: \.userID, minimumItemCount: 5)
        (model, metrics, _) = try Trainer(configuration).train(data) { _ in }
    }
}

/// A service over a store and a model folder of its own.
struct TestService: Sendable {
    let folder: TemporaryFolder
    let store: TwinStore
    let models: ModelHolder
    let registry: ModelRegistry
    let clock: TestClock
    let log: LogRecorder
    let service: ForetwinService

    /// Makes a service, with the model published before it starts and the shop's events in the
    /// store if wanted.
    ///
    /// It is the end of 2026 unless told otherwise, and simulations may take as long as they do on
    /// a busy machine.
    init(
        hasModel: Bool = false, hasEvents: Bool = false, surpriseRate: Double = 0.1,
        createItems: Bool = true, bodies: BodyReader = BodyReader(),
        simulations: SimulationQueue = SimulationQueue(deadline: .seconds(600)),
        now: @escaping @Sendable () -> Date = { Date(timeIntervalSince1970: 1_798_761_600) }
    ) throws {
        folder = try TemporaryFolder()
        store = try TwinStore(
            path: folder.path + "/store",
            pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 7, count: 32)))
        registry = ModelRegistry(folder: folder.path + "/models")
        if hasEvents {
            let shop = try TrainedShop.shared.get()
            try store.put(shop.items)
            for start in stride(from: 0, to: shop.events.count, by: Ingestor.batchSize) {
                let end = min(shop.events.count, start + Ingestor.batchSize)
                _ = try store.append(Array(shop.events[start..<end]))
            }
        }
        let log = LogRecorder()
        let clock = TestClock()
        self.log = log
        self.clock = clock
        if hasModel { try Self.publishModel(in: registry) }
        models = ModelHolder(
            registry: registry, store: store, logger: log.logger, now: { clock.now })
        service = try ForetwinService(
            configuration: ServiceConfiguration(
                port: 0, storePath: folder.path + "/store", modelFolder: folder.path + "/models",
                surpriseRate: surpriseRate, createItems: createItems),
            store: store, models: models, logger: log.logger, bodies: bodies,
            simulations: simulations, now: now)
    }

    /// Publishes the shared model as the next version.
    @discardableResult
    func publishModel() throws -> String { try Self.publishModel(in: registry) }

    @discardableResult
    private static func publishModel(in registry: ModelRegistry) throws -> String {
        let shop = try TrainedShop.shared.get()
        let version = try registry.publish(shop.model, metrics: shop.metrics)
        try registry.promote(version)
        return version
    }

    /// A service with model and events that tests share which do not write.
    static let shared = Result { try TestService(hasModel: true, hasEvents: true) }

    /// Sends one request past the network.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, type: String? = nil, _ body: String? = nil
    ) async throws -> Answer {
        try await send(method, uri, type: type, bytes: body.map { Array($0.utf8) })
    }

    /// Sends one request past the network.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, type: String?, bytes: [UInt8]?
    ) async throws -> Answer {
        var headers = HTTPFields()
        headers[.contentType] = type
        return try await send(method, uri, headers: headers, bytes: bytes)
    }

    /// Sends one request past the network.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, headers: HTTPFields, bytes: [UInt8]?
    ) async throws -> Answer {
        var headers = headers
        headers[.contentLength] = bytes.map { "\($0.count)" }
        let request = Request(
            head: HTTPRequest(
                method: method, scheme: "http", authority: "localhost", path: uri,
                headerFields: headers),
            body: RequestBody(buffer: ByteBuffer(bytes: bytes ?? [])))
        var logger = log.logger
        // Where Hummingbird keeps a request's id.
        logger[metadataKey: "hb.request.id"] = "\(UUID())"
        let context = ServiceContext(
            source: ApplicationRequestContextSource(
                channel: NIOAsyncTestingChannel(), logger: logger))
        let response = try await service.router().buildResponder()
            .respond(to: request, context: context)
        let body = BodyRecorder()
        try await response.body.write(body)
        return Answer(status: response.status.code, headers: response.headers, text: body.text)
    }

    /// Posts JSON.
    func post(_ body: String, type: String = "application/json") async throws -> Answer {
        try await send(.post, "/v1/events", type: type, body)
    }

    /// Gets a path.
    func get(_ uri: String) async throws -> Answer { try await send(.get, uri) }
}

/// An answer with its body read.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String

    /// The body as a JSON object.
    var json: [String: Any] {
        let value = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        return value as? [String: Any] ?? [:]
    }

    func integer(_ name: String) -> Int? { json[name] as? Int }
    func string(_ name: String) -> String? { json[name] as? String }
    func list(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }

    /// The ids of the recommended items.
    var itemIDs: [String] { list("items").compactMap { $0["item_id"] as? String } }

    /// Whether the answer is a problem in all its parts.
    var isProblem: Bool {
        headers[.contentType] == "application/problem+json"
            && string("type")?.hasPrefix("urn:foretwin:problem:") == true
            && string("title")?.isEmpty == false && integer("status") == status
            && string("detail")?.isEmpty == false && string("request_id")?.isEmpty == false
    }
}

/// Keeps a body that is written.
private final class BodyRecorder: ResponseBodyWriter {
    private let written = NIOLockedValueBox(ByteBuffer())

    var text: String { String(buffer: written.withLockedValue { $0 }) }

    func write(_ buffer: ByteBuffer) async throws {
        _ = written.withLockedValue { $0.writeImmutableBuffer(buffer) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// A clock that moves when it is told to.
final class TestClock: Sendable {
    private let time = NIOLockedValueBox(ContinuousClock.now)

    var now: ContinuousClock.Instant { time.withLockedValue { $0 } }

    func advance(by duration: Duration) { time.withLockedValue { $0 += duration } }
}

/// Keeps what is logged.
final class LogRecorder: Sendable {
    private let recorded = NIOLockedValueBox<[String]>([])

    var lines: [String] { recorded.withLockedValue { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(recorder: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
                .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let line = "\(event.level) \(event.message) \(all.joined(separator: " "))"
            recorder.recorded.withLockedValue { $0.append(line) }
        }
    }
}

/// An event as a JSON object.
func eventJSON(
    _ user: String, _ item: String, id: String? = nil, type: String = "view",
    time: String = "2026-02-20T10:00:00Z", more: String = ""
) -> String {
    let id = id.map { "\"event_id\":\"\($0)\"," } ?? ""
    return "{\(id)\"user_id\":\"\(user)\",\"item_id\":\"\(item)\",\"type\":\"\(type)\","
        + "\"timestamp\":\"\(time)\"\(more)}"
}
