import Foundation
import Hummingbird
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// Collects the bodies of requests, within a bound for each and a bound for all that are held.
final class BodyReader: Sendable {
    private let heldByteCount = NIOLockedValueBox(0)
    private let heldByteCountMax: Int

    init(heldByteCountMax: Int = ServiceLimits.heldByteCountMax) {
        self.heldByteCountMax = heldByteCountMax
    }

    /// Collects a body and holds it for the time of a closure.
    ///
    /// - Throws: ``Problem`` when it is too long, too slow or cut off, or when too much is held.
    func withBody<Result>(
        of request: Request, limit: Int, _ use: (Data) async throws -> Result
    ) async throws -> Result {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Problem.tooLarge(limit: limit)
        }
        var held = 0
        defer { release(held) }
        var body = Data()
        do {
            for try await chunk in request.body {
                guard chunk.readableBytes <= limit - held else {
                    throw Problem.tooLarge(limit: limit)
                }
                try hold(chunk.readableBytes)
                held += chunk.readableBytes
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
        let fits = heldByteCount.withLockedValue { held in
            guard count <= heldByteCountMax - held else { return false }
            held += count
            return true
        }
        guard fits else {
            var problem = Problem.busy("Too many uploads are under way. Try again soon.")
            problem.closesConnection = true
            throw problem
        }
    }

    private func release(_ count: Int) { heldByteCount.withLockedValue { $0 -= count } }

    private static func problem(for error: any Error) -> Problem {
        var problem =
            error is RequestTooSlow
            ? Problem(.requestTimeout, "too-slow", "The request did not arrive whole in time.")
            : Problem(.badRequest, "cut-off", "The body ended before its time.")
        problem.closesConnection = true
        return problem
    }
}
