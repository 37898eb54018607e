import Foundation
import Hummingbird
import NIOCore
import NIOHTTP1

/// Collects the bodies of requests, within a bound for each and a bound for all that are held.
final class BodyReader: Sendable {
    /// The bytes that are held.
    let held: HeldBytes

    init(heldByteCountMax: Int = ServiceLimits.heldByteCountMax) {
        held = HeldBytes(max: heldByteCountMax)
    }

    /// Collects a body and holds it for the time of a closure.
    ///
    /// - Throws: ``Problem`` when it is too long, too slow or cut off, or when too much is held.
    func withBody<Result>(
        of request: Request, limit: Int, _ use: (Data) async throws -> Result
    ) async throws -> Result {
        // A length that is no Int has more digits than one.
        if let length = request.headers[.contentLength], Int(length).map({ $0 > limit }) ?? true {
            throw Problem.tooLarge(limit: limit)
        }
        var count = 0
        defer { held.giveBack(count) }
        var body = Data()
        do {
            for try await chunk in request.body {
                guard chunk.readableBytes <= limit - count else {
                    throw Problem.tooLarge(limit: limit)
                }
                try hold(chunk.readableBytes)
                count += chunk.readableBytes
                body.append(contentsOf: chunk.readableBytesView)
            }
        } catch let error as HTTPParserError {
            throw error
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Self.problem(for: error)
        }
        return try await use(body)
    }

    private func hold(_ count: Int) throws(Problem) {
        guard held.take(count) else {
            var problem = Problem.busy("Too many uploads are under way. Try again soon.")
            problem.closesConnection = true
            throw problem
        }
    }

    private static func problem(for error: any Error) -> Problem {
        var problem =
            error is RequestTooSlow
            ? Problem(.requestTimeout, "too-slow", "The request did not arrive whole in time.")
            : Problem(.badRequest, "cut-off", "The body ended before its time.")
        problem.closesConnection = true
        return problem
    }
}
