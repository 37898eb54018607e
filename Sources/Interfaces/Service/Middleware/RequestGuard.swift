import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import Recommendations
import ServiceLifecycle
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
            let problem = problem(for: error, request, context)
            if problem.closesConnection { context.closeConnection() }
            response = problem.response(requestID: context.id)
        }
        // Requests under way are finished when the service ends, and no more come.
        if Task.isShuttingDownGracefully { response.headers[.connection] = "close" }
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
        // The first one is the request's authority; readers on the way may take the other.
        guard !request.headers.contains(where: { $0.name.canonicalName == "host" }) else {
            var problem = Problem(.badRequest, "two-hosts", "Send one Host field.")
            problem.closesConnection = true
            throw problem
        }
        let codings = request.headers[values: .transferEncoding]
        guard codings.isEmpty || codings.map({ $0.lowercased() }) == ["chunked"] else {
            var problem = Problem(
                .notImplemented, "transfer-encoding", "Send no transfer coding but chunked.")
            problem.closesConnection = true
            throw problem
        }
        // A page of another site may be seen by anybody whose browser can reach this machine. It
        // could read nothing, but its requests would cost as much as others.
        guard Self.fetchSite.map({ request.headers[$0] != "cross-site" }) ?? true else {
            throw Problem(
                .forbidden, "cross-site", "This service does not answer pages of other sites.")
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

    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")

    /// The host of `host`, `host:port` or `[address]:port`, without brackets; `nil` for other
    /// forms.
    static func host(_ authority: String?) -> String? {
        guard let authority = authority?.lowercased(), !authority.isEmpty else { return nil }
        let isBracketed = authority.first == "["
        let end = isBracketed ? "]" : ":"
        let host = authority.dropFirst(isBracketed ? 1 : 0).prefix { String($0) != end }
        var rest = authority[host.endIndex...]
        if isBracketed {
            // What is in brackets is an address of version 6.
            guard host.contains(":"), rest.popFirst() == "]" else { return nil }
        }
        guard rest.isEmpty || rest.first == ":" else { return nil }
        let port = rest.dropFirst()
        guard port.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return String(host)
    }

    /// The methods of a path that exists; `nil` for others.
    private static func methods(of path: String) -> [HTTPRequest.Method]? {
        let parts = path.split(separator: "/")
        switch (parts.first, parts.count) {
        case ("healthz", 1), ("readyz", 1): return [.get, .head]
        case ("v1", 2) where parts[1] == "events": return [.post]
        case ("v1", 3) where parts[1] == "twins": return [.get, .head]
        case ("v1", 4) where parts[1] == "twins" && parts[3] == "recommendations":
            return [.get, .head]
        default: return nil
        }
    }

    /// The problem of a request that no route takes.
    private func notFound(_ request: Request) -> Problem {
        guard let methods = Self.methods(of: request.uri.path), !methods.contains(request.method)
        else { return Problem(.notFound, "no-route", "There is nothing at this path.") }
        let names = methods.map(\.rawValue).joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed, "method", "This path answers \(names) alone.")
        problem.headers[.allow] = names
        return problem
    }

    private func problem(
        for error: any Error, _ request: Request, _ context: ServiceContext
    ) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as RecommendationError:
            return Problem(.unprocessableContent, "out-of-range", error.description)
        case let error as FuturesError:
            return Problem(.unprocessableContent, "out-of-range", error.description)
        case let error as HTTPError where error.status == .notFound: return notFound(request)
        case let error as HTTPError where error.status.code < 500:
            return Problem(error.status, "bad-request", "The request cannot be understood.")
        case is CancellationError:
            return .busy(
                "The request was given up, because the service is shutting down or the client "
                    + "closed its side of the connection.")
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
