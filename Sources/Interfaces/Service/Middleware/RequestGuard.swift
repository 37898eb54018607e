import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import Recommendations
import Simulation

/// Stands before all routes: turns away what no route should see, makes errors into problems, sets
/// the headers of every answer, and writes the request log.
///
/// The log names the route's pattern and never the path, which holds customers' ids.
struct RequestGuard: RouterMiddleware {
    typealias Context = ServiceContext

    let logger: Logger
    /// Hosts that requests may name; `nil` for any.
    let hosts: Set<String>?

    func handle(
        _ request: Request, context: ServiceContext,
        next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var response: Response
        do {
            try check(request)
            response = try await next(request, context)
        } catch let error as HTTPParserError {
            // The server answers these and ends the connection.
            throw error
        } catch {
            let problem = problem(for: error, context)
            if problem.closesConnection { context.closeConnection() }
            response = problem.response(requestID: context.id)
        }
        if request.method == .head { response = response.createHeadResponse() }
        for (name, value) in Self.headers { response.headers[name] = value }
        log(request, response, context, ContinuousClock.now - start)
        return response
    }

    private func check(_ request: Request) throws(Problem) {
        guard (request.head.path ?? "").utf8.count <= ServiceLimits.uriByteCountMax else {
            throw Problem(
                .uriTooLong, "uri-too-long",
                "Path and query are longer than \(ServiceLimits.uriByteCountMax) bytes.")
        }
        guard let hosts else { return }
        // A page in a browser can point a name of its own at this machine, but not change the name
        // that the browser sends.
        guard let host = Self.host(request.head.authority), hosts.contains(host) else {
            throw Problem(
                .misdirectedRequest, "wrong-host",
                "This service answers requests to this machine alone. Use http://127.0.0.1 and "
                    + "its port.")
        }
    }

    /// The host of `host`, `host:port` or `[address]:port`, without brackets.
    static func host(_ authority: String?) -> String? {
        guard let authority = authority?.lowercased(), !authority.isEmpty else { return nil }
        if authority.first == "[" {
            return authority.dropFirst().split(separator: "]").first.map(String.init)
        }
        return authority.split(separator: ":", omittingEmptySubsequences: false).first
            .map(String.init)
    }

    private func problem(for error: any Error, _ context: ServiceContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as RecommendationError:
            return Problem(.unprocessableContent, "out-of-range", error.description)
        case let error as FuturesError:
            return Problem(.unprocessableContent, "out-of-range", error.description)
        case let error as HTTPError where error.status == .notFound:
            return Problem(.notFound, "no-route", "There is nothing at this path.")
        case let error as HTTPError where error.status.code < 500:
            return Problem(error.status, "bad-request", "The request cannot be understood.")
        case is CancellationError:
            return .busy("The service is shutting down.")
        default:
            logger.error(
                "request failed",
                metadata: ["request_id": "\(context.id)", "error": "\(error)"])
            return Problem(ofStore: error) ?? .internalError
        }
    }

    private func log(
        _ request: Request, _ response: Response, _ context: ServiceContext, _ time: Duration
    ) {
        let microseconds = time / Duration.microseconds(1)
        let method = Self.methods.contains(request.method) ? request.method.rawValue : "?"
        logger.info(
            "request",
            metadata: [
                "method": "\(method)",
                "route": "\(context.endpointPath ?? "?")",
                "status": "\(response.status.code)",
                "ms": "\(microseconds.rounded() / 1000)",
                "request_id": "\(context.id)",
            ])
    }

    /// Methods that the log names; others could hold anything.
    private static let methods: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .patch, .delete, .options,
    ]

    private static let headers: [(HTTPField.Name, String)] =
        [
            (.xContentTypeOptions, "nosniff"), (.cacheControl, "no-store"),
            (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
        ] + (HTTPField.Name("Referrer-Policy").map { [($0, "no-referrer")] } ?? [])
}
