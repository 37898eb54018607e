import Foundation
import HTTPTypes
import Hummingbird
import PropertyGraph

/// An error as clients get it: `application/problem+json` (RFC 9457).
///
/// Its words come from the program and name parameters and ranges, never what a client sent as an
/// id.
struct Problem: Error, Sendable {
    /// The answer's status.
    var status: HTTPResponse.Status
    /// What kind of problem it is, in the last part of `type`.
    var kind: String
    /// What went wrong and what would be right.
    var detail: String
    /// Further header fields.
    var headers = HTTPFields()
    /// Whether the rest of the request is not worth waiting for.
    var closesConnection = false
    /// What became of the events of a request in which none was accepted.
    var outcome: EventOutcome?

    init(_ status: HTTPResponse.Status, _ kind: String, _ detail: String) {
        self.status = status
        self.kind = kind
        self.detail = detail
    }

    /// The answer.
    func response(requestID: String) -> Response {
        let document = ProblemDocument(problem: self, requestID: requestID)
        var headers = headers
        headers[.contentType] = "application/problem+json"
        if closesConnection { headers[.connection] = "close" }
        let body = (try? JSONAnswer.encode(document)) ?? ByteBuffer()
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

extension Problem {
    /// Too much is going on; trying again soon will help.
    static func busy(_ detail: String) -> Problem {
        var problem = Problem(.serviceUnavailable, "busy", detail)
        problem.headers[.retryAfter] = String(ServiceLimits.retryAfterSeconds)
        return problem
    }

    /// The body has more bytes than allowed.
    static func tooLarge(limit: Int) -> Problem {
        var problem = Problem(
            .contentTooLarge, "too-large",
            "The body is longer than \(limit) bytes. Send it in parts.")
        problem.closesConnection = true
        return problem
    }

    /// The store's files could not be used; `nil` for an error that is about something else.
    init?(ofStore error: any Error) {
        switch GraphStore.failure(error) {
        case .full:
            self.init(
                HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), "store-full",
                "There is no space left to store anything. Reading goes on; try again later.")
            headers[.retryAfter] = String(ServiceLimits.retryAfterSeconds)
        case .damaged, .disk: self = .storeFailed
        case .inUse, nil: return nil
        }
    }

    /// The store is damaged or its disk fails.
    static let storeFailed = Problem(
        .serviceUnavailable, "store-failed",
        "The store's files cannot be used. The server's log says why. Verify the store, then start "
            + "the server again.")

    /// The store's file was moved, deleted or replaced while the service had it open.
    static let storeMoved = Problem(
        .serviceUnavailable, "store-moved",
        "The store's file is no longer where it was opened. Put it back, or start the server again "
            + "with the store that is meant.")

    /// There is no model to recommend with.
    static let noModel = Problem(
        .serviceUnavailable, "no-model",
        "There is no model yet. Train one, then try again.")

    /// An unexpected error, which the log has under the request's id.
    static let internalError = Problem(
        .internalServerError, "internal",
        "The request failed for a reason on the server's side. Its log has more under the "
            + "request's id.")
}

private struct ProblemDocument: Encodable {
    var type: String
    var title: String
    var status: Int
    var detail: String
    var requestId: String
    var added: Int?
    var duplicates: Int?
    var rejected: [EventOutcome.Rejected]?
    var rejectedByReason: [String: Int]?

    init(problem: Problem, requestID: String) {
        type = "urn:foretwin:problem:\(problem.kind)"
        title = problem.status.reasonPhrase
        status = problem.status.code
        detail = problem.detail
        requestId = requestID
        added = problem.outcome?.added
        duplicates = problem.outcome?.duplicates
        rejected = problem.outcome?.rejected
        rejectedByReason = problem.outcome?.rejectedByReason
    }
}

/// JSON as the service writes it: keys in snake case and in order of the alphabet, so that the same
/// answer has the same bytes.
enum JSONAnswer {
    /// The bytes of a value.
    static func encode(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(value))
    }

    /// An answer that carries a value.
    static func response(_ value: some Encodable) throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: try encode(value)))
    }
}
