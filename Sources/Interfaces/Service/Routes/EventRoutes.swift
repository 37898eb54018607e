import Foundation
import HTTPTypes
import Hummingbird
import Shop
import ShopFormats
import Time
import TwinStorage

/// `POST /v1/events`.
struct EventRoutes: Sendable {
    let store: TwinStore
    let createItems: Bool
    let bodies: BodyReader
    let uploads: UploadQueue
    /// The time, by which events from the future are known.
    let now: @Sendable () -> Date

    func post(_ request: Request, _ context: ServiceContext) async throws -> Response {
        _ = try QueryParameters(request, allowed: [])
        let layout = try Self.layout(of: request)
        let limit =
            layout == .lines ? ServiceLimits.linesByteCountMax : ServiceLimits.bodyByteCountMax
        let outcome = try await bodies.withBody(of: request, limit: limit) { body in
            try await uploads.run(byteCount: body.count) { try await append(body, layout) }
        }
        guard outcome.isAllRejected else { return try JSONAnswer.response(outcome) }
        var problem = Problem(
            .unprocessableContent, "no-event-accepted",
            "None of the events was accepted; rejected says why.")
        problem.outcome = outcome
        throw problem
    }

    /// Reads events and adds the good ones; they are on disk when this returns.
    ///
    /// Requests that wait for the disk at the same time share one sync.
    private func append(_ body: Data, _ layout: EventJSON.Layout) async throws -> EventOutcome {
        let results: [Result<Event, Rejection>]
        do {
            results = try EventJSON.read(body, layout: layout)
        } catch {
            throw Problem(.badRequest, "malformed", error.description)
        }
        guard results.count <= ServiceLimits.eventCountMax else {
            throw Problem(
                .unprocessableContent, "too-many-events",
                "There are more than \(ServiceLimits.eventCountMax) events. Send them in parts.")
        }
        var events: [Event] = []
        var indices: [Int] = []
        var outcome = EventOutcome()
        let latest = now().timeIntervalSince1970 + ServiceLimits.clockDifferenceMaxSeconds
        for (index, result) in results.enumerated() {
            switch result {
            case .success(let event) where Double(event.timestamp.seconds) > latest:
                outcome.reject(
                    Rejection(.future, "it is more than a day ahead of the server's clock"),
                    index: index)
            case .success(let event):
                events.append(event)
                indices.append(index)
            case .failure(let rejection): outcome.reject(rejection, index: index)
            }
        }
        if !events.isEmpty {
            let stored = try await store.append(events, createItems: createItems)
            outcome.added = stored.added
            outcome.duplicates = stored.duplicates
            for rejection in stored.rejections {
                guard let index = rejection.batchIndex else {
                    preconditionFailure("a batch rejects events by their index")
                }
                outcome.reject(rejection, index: indices[index])
            }
        }
        outcome.finish()
        return outcome
    }

    /// How the body holds its events.
    ///
    /// Only types that a form in a browser cannot send: a page must not be able to make its
    /// visitors post events.
    private static func layout(of request: Request) throws(Problem) -> EventJSON.Layout {
        guard request.headers[.contentEncoding] == nil else {
            throw Problem(
                .unsupportedMediaType, "encoding", "Send the body without a content encoding.")
        }
        let type = request.headers[.contentType]?.split(separator: ";").first
            .map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        switch type {
        case "application/json": return .document
        case "application/x-ndjson", "application/jsonl": return .lines
        case "application/cloudevents+json": return .cloudEvent
        case "application/cloudevents-batch+json": return .cloudEventBatch
        default:
            throw Problem(
                .unsupportedMediaType, "media-type",
                "Send Content-Type application/json, application/x-ndjson, "
                    + "application/cloudevents+json or application/cloudevents-batch+json.")
        }
    }
}

/// What became of the events of a request.
struct EventOutcome: Encodable, Sendable {
    /// An event that was not accepted.
    struct Rejected: Encodable, Sendable {
        var index: Int
        var reason: String
        var detail: String
    }

    var added = 0
    var duplicates = 0
    /// The first ones that were not accepted.
    var rejected: [Rejected] = []
    /// How many were not accepted for which reason; `nil` if all were.
    var rejectedByReason: [String: Int]?

    /// Whether there were events and none was accepted.
    var isAllRejected: Bool { added == 0 && duplicates == 0 && !rejected.isEmpty }

    mutating func reject(_ rejection: Rejection, index: Int) {
        let reason = rejection.reason.rawValue
        rejectedByReason = rejectedByReason ?? [:]
        rejectedByReason?[reason, default: 0] += 1
        rejected.append(
            Rejected(index: index, reason: reason, detail: Self.bounded(rejection.detail)))
    }

    /// Brings the rejected events in order, and keeps the first ones.
    mutating func finish() {
        rejected.sort { $0.index < $1.index }
        rejected.removeLast(max(0, rejected.count - ServiceLimits.rejectionListMax))
    }

    /// As much of a text as JSON has room for within the limit of bytes.
    static func bounded(_ text: String) -> String {
        var end = text.unicodeScalars.startIndex
        var count = 0
        while end < text.unicodeScalars.endIndex {
            let scalar = text.unicodeScalars[end]
            count += jsonByteCount(scalar)
            guard count <= ServiceLimits.rejectionByteCountMax else {
                return String(text.unicodeScalars[..<end]) + "…"
            }
            end = text.unicodeScalars.index(after: end)
        }
        return text
    }

    private static func jsonByteCount(_ scalar: Unicode.Scalar) -> Int {
        switch scalar {
        case "\"", "\\": 2
        case _ where scalar.value < 0x20: 6
        default: UTF8.width(scalar)
        }
    }
}
