import LMDB
public import PropertyGraph

/// What a model needs of a logged event.
public struct LogEntry: Hashable, Sendable {
    /// The item's running number in the store; `nil` for a search without one.
    public let item: Int?
    /// What was done.
    public let type: EventType
    /// When.
    public let timestamp: Timestamp
}

/// The log: `graph ‖ time ‖ tie-break → record`, and `graph ‖ tie-break → time` for the ids.
///
/// The tie-break is the first 8 bytes of the SHA-256 of the event id. Events of one customer lie
/// side by side in order of time; erasing a customer is two range deletes.
extension TwinStore {
    static func key(_ graph: GraphID) -> [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.appendUInt64(graph.rawValue)
        return writer.finish(checksummed: false)
    }

    static func key(_ graph: GraphID, _ tieBreak: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 16)
        writer.appendUInt64(graph.rawValue)
        writer.appendUInt64(tieBreak)
        return writer.finish(checksummed: false)
    }

    static func key(_ graph: GraphID, _ time: Timestamp, _ tieBreak: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 24)
        writer.appendUInt64(graph.rawValue)
        writer.appendInt64(time.rawValue)
        writer.appendUInt64(tieBreak)
        return writer.finish(checksummed: false)
    }

    static func timestamp(_ key: RawSpan) throws -> Timestamp {
        try ByteReader.reading(key) { reader in
            _ = try reader.readUInt64()
            return Timestamp(rawValue: try reader.readInt64())
        }
    }

    /// All events of a twin, oldest first.
    public func events(of graphID: GraphID) throws -> [LoggedEvent] {
        try graph.read { try events(graphID, in: $0) }
    }

    func events(
        _ graphID: GraphID, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> [LoggedEvent] {
        var events: [LoggedEvent] = []
        try transaction.scan(log, prefix: Self.key(graphID)) { key, value in
            events.append(try EventRecord.decode(value, timestamp: try Self.timestamp(key)))
            return true
        }
        return events
    }

    /// What a model needs of a twin's events, oldest first.
    public func entries(of graphID: GraphID) throws -> [LogEntry] {
        var entries: [LogEntry] = []
        try graph.read { transaction in
            try transaction.scan(log, prefix: Self.key(graphID)) { key, value in
                let (type, item) = try EventRecord.decodeHead(value)
                entries.append(
                    LogEntry(item: item, type: type, timestamp: try Self.timestamp(key)))
                return true
            }
        }
        return entries
    }

    /// Visits the logs of all twins, in the order in which the twins came to be.
    ///
    /// Each log is read in a snapshot of its own, so that a long visit does not keep the store
    /// from reusing its pages.
    public func forEachTwinLog(_ body: ([LogEntry]) throws -> Void) throws {
        for index in 0..<(try twinCount()) {
            try body(entries(of: GraphID(rawValue: UInt64(index) + 1)))
        }
    }

    /// The time of the newest event of all twins: the store's present; `nil` in an empty store.
    public func newestEvent() throws -> Timestamp? { try graph.read { try newestEvent(in: $0) } }

    func newestEvent(
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Timestamp? {
        try graph.setting("newestEvent", in: transaction)?.timestamp
    }

    /// The number of events in the log.
    public func eventCount() throws -> Int { try graph.read { try $0.count(log) } }
}
