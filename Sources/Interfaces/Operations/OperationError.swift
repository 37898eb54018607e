package import Time

/// An operation that cannot be carried out.
package enum OperationError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The store has no events.
    case noEvents
    /// The outcome of a forecast is not known yet: the newest event is earlier than the end of its
    /// horizon.
    case unknownOutcome(newest: Timestamp, days: Int64)
    /// A file has no event that can be used.
    case noUsableEvent(path: String)

    package var description: String {
        switch self {
        case .noEvents: "The store has no events. Ingest some first."
        case .unknownOutcome(let newest, let days):
            "The newest event is of \(newest.iso8601), so the outcome within \(days) days of the "
                + "origin is not known yet. Use an earlier origin or a shorter horizon."
        case .noUsableEvent(let path): "\(path) has no event that can be used."
        }
    }
}
