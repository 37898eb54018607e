import NIOConcurrencyHelpers
import NIOCore

/// An open connection, as the parts of the service see it that are not on its event loop.
final class Connection: Sendable {
    private struct State {
        var openRequests = 0
        var quietSince: NIODeadline? = .now()
        var hasLeft = false
        var churn: (@Sendable () -> Void)?
    }

    let channel: any Channel
    private let state = NIOLockedValueBox(State())

    init(_ channel: any Channel) { self.channel = channel }

    /// Since when nothing has been asked that is not answered; `nil` while something is.
    var quietSince: NIODeadline? { state.withLockedValue { $0.quietSince } }

    /// A request begins.
    func begin() {
        state.withLockedValue { state in
            state.openRequests += 1
            state.quietSince = nil
        }
    }

    /// An answer has been written.
    func end() {
        state.withLockedValue { state in
            state.openRequests = max(0, state.openRequests - 1)
            if state.openRequests == 0 { state.quietSince = .now() }
        }
    }

    /// The client closed its side: it will ask for nothing more.
    func leave() {
        let churn = state.withLockedValue { state in
            state.hasLeft = true
            defer { state.churn = nil }
            return state.churn
        }
        churn?()
    }

    /// Has a closure called once when the client leaves, or now if it has left.
    ///
    /// There is one at a time: a connection's requests are answered one after another.
    func onDeparture(_ churn: @escaping @Sendable () -> Void) {
        let hasLeft = state.withLockedValue { state in
            if !state.hasLeft { state.churn = churn }
            return state.hasLeft
        }
        if hasLeft { churn() }
    }

    /// Runs work for a request and cancels it when the client leaves.
    ///
    /// - Throws: `CancellationError` then; what the work throws.
    func whileClientStays<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await work() }
        onDeparture { task.cancel() }
        defer { state.withLockedValue { $0.churn = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}

/// All open connections of a service.
///
/// When nearly all places are taken, the connection that has been quiet longest is closed for each
/// new one, so that clients that keep connections for later cannot lock others out.
final class Connections: Sendable {
    private let all = NIOLockedValueBox<[ObjectIdentifier: Connection]>([:])
    private let quietCountMax: Int

    init(quietCountMax: Int = ServiceLimits.quietConnectionCountMax) {
        self.quietCountMax = quietCountMax
    }

    /// How many are open.
    var count: Int { all.withLockedValue { $0.count } }

    /// The connection of a channel, if it is one of these.
    subscript(_ channel: any Channel) -> Connection? {
        all.withLockedValue { $0[ObjectIdentifier(channel)] }
    }

    /// Adds a connection, and asks the one that has been quiet longest to end if there are many.
    func open(_ channel: any Channel) -> Connection {
        let connection = Connection(channel)
        let quiet = all.withLockedValue { all in
            let quiet =
                all.count < quietCountMax
                ? nil
                : all.values.compactMap { other in other.quietSince.map { (since: $0, other) } }
                    .min { $0.since < $1.since }?.1
            // Whichever it is, the next new one does not choose it again.
            if let quiet { all[ObjectIdentifier(quiet.channel)] = nil }
            all[ObjectIdentifier(channel)] = connection
            return quiet
        }
        quiet?.channel.triggerUserOutboundEvent(CloseIfQuiet(), promise: nil)
        return connection
    }

    /// Forgets a connection.
    func close(_ connection: Connection) {
        all.withLockedValue { all in
            let id = ObjectIdentifier(connection.channel)
            if all[id] === connection { all[id] = nil }
        }
    }

    /// Keeps a connection that was asked to end, but has something to do again.
    func keep(_ connection: Connection) {
        all.withLockedValue { $0[ObjectIdentifier(connection.channel)] = connection }
    }
}

/// Asks a connection to end unless a request is under way.
struct CloseIfQuiet: Sendable {}
