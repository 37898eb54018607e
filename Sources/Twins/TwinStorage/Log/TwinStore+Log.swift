import LMDB
package import PropertyGraph
package import Shop
package import Time

/// What a model needs of a logged event.
package struct LogEntry: Hashable, Sendable {
    /// The item's running number in the store; `nil` for an event without one.
    package let item: Int?
    /// What was done.
    package let type: EventType
    /// When.
    package let timestamp: Timestamp

    /// Makes an entry.
    package init(item: Int?, type: EventType, timestamp: Timestamp) {
        self.item = item
        self.type = type
        self.timestamp = timestamp
    }
}

/// The log: `graph ‖ 16 ‖ time ‖ tie-break → event`, and `graph ‖ 17 ‖ tie-break → time` for the
/// ids, beside the twin's nodes and edges; and what of the twin is still in the journal.
///
/// The tie-break is the first 8 bytes of the SHA-256 of the event id. All that is known of a
/// customer lies side by side; erasing it is one range delete.
extension TwinStore {
    private static let eventTag: UInt8 = 16
    private static let idTag: UInt8 = 17

    static func eventKey(_ graph: GraphID, _ moment: LogPosition) -> [UInt8] {
        var writer = ByteWriter(capacity: 25)
        writeEventKey(graph, moment, to: &writer)
        return writer.bytes
    }

    static func writeEventKey(_ graph: GraphID, _ moment: LogPosition, to writer: inout ByteWriter)
    {
        GraphStore.writeAttachmentKey(graph, tag: eventTag, to: &writer)
        writer.appendInt64(moment.timestamp.rawValue)
        writer.appendUInt64(moment.tieBreak)
    }

    static func idKey(_ graph: GraphID, _ tieBreak: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 17)
        writeIDKey(graph, tieBreak, to: &writer)
        return writer.bytes
    }

    static func writeIDKey(_ graph: GraphID, _ tieBreak: UInt64, to writer: inout ByteWriter) {
        GraphStore.writeAttachmentKey(graph, tag: idTag, to: &writer)
        writer.appendUInt64(tieBreak)
    }

    private static func moment(_ key: RawSpan) throws -> LogPosition {
        try ByteReader.reading(key) { reader in
            _ = try reader.readUInt64()
            _ = try reader.readUInt8()
            return LogPosition(
                timestamp: Timestamp(rawValue: try reader.readInt64()),
                tieBreak: try reader.readUInt64())
        }
    }

    /// All events of a twin, oldest first.
    package func events(of graphID: GraphID) throws -> [LoggedEvent] {
        try readTwin(graphID) { transaction, entries in
            try log(graphID, entries, in: transaction) { value, time in
                try EventRecord.decode(value, timestamp: time)
            }.map(\.event)
        }
    }

    /// All events of a twin, oldest first.
    package func events(of id: TwinID) throws -> [LoggedEvent] {
        try events(of: GraphID(rawValue: UInt64(max(0, id.rawValue)) + 1))
    }

    /// What a model needs of a twin's events, oldest first.
    package func entries(of graphID: GraphID) throws -> [LogEntry] {
        try readTwin(graphID) { transaction, entries in
            try log(graphID, entries, in: transaction) { value, time in
                let (type, item) = try EventRecord.decodeHead(value)
                return LogEntry(item: item, type: type, timestamp: time)
            }.map(\.event)
        }
    }

    /// The time of the newest event of all twins: the store's present; `nil` in an empty store.
    package func newestEvent() throws -> Timestamp? {
        try graph.read { try journalState(in: $0).newest }
    }

    /// The number of events in the log.
    package func eventCount() throws -> Int {
        try graph.read { Int(clamping: try journalState(in: $0).eventCount) }
    }

    /// A twin's events, settled or not, oldest first.
    func log<T>(
        _ graphID: GraphID, _ entries: [JournalEntry],
        in transaction: borrowing some ReadingTransaction & ~Copyable,
        decode: (RawSpan, Timestamp) throws -> T
    ) throws -> [(moment: LogPosition, event: T)] {
        var events: [(moment: LogPosition, event: T)] = []
        let prefix = GraphStore.attachmentKey(graphID, tag: Self.eventTag).bytes
        try transaction.scan(graph.records, prefix: prefix) { key, value in
            let moment = try Self.moment(key)
            events.append((moment, try decode(value, moment.timestamp)))
            return true
        }
        guard !entries.isEmpty else { return events }
        let settled = try summary(of: graphID, in: transaction)?.mergedThrough ?? 0
        let pending = try pending(
            entries, of: graphID, after: settled, in: transaction, decode: decode)
        guard !pending.isEmpty else { return events }
        events += pending
        events.sort { $0.moment < $1.moment }
        return events
    }

    /// A twin's events that are not settled, in the order in which they came.
    func pending<T>(
        _ entries: [JournalEntry], of graphID: GraphID, after settled: UInt64,
        in transaction: borrowing some ReadingTransaction & ~Copyable,
        decode: (RawSpan, Timestamp) throws -> T
    ) throws -> [(moment: LogPosition, event: T)] {
        var events: [(moment: LogPosition, event: T)] = []
        for entry in entries where entry.sequence > settled {
            // Not there: settled since, or not yet committed. Of another twin: the number was given
            // again, since the transaction that gave it first did not commit.
            _ = try readJournal(entry.sequence, in: transaction) { graph, moment, record in
                guard graph == graphID else { return }
                events.append((moment, try decode(record, moment.timestamp)))
            }
        }
        return events
    }

    /// The settled events of a twin as they are stored, oldest first; for measurements.
    package func storedEvents(
        of graphID: GraphID, since time: Timestamp
    ) throws -> [(time: Timestamp, tieBreak: UInt64, record: [UInt8])] {
        try graph.read { transaction in
            var events: [(time: Timestamp, tieBreak: UInt64, record: [UInt8])] = []
            let start = Self.eventKey(graphID, LogPosition(timestamp: time, tieBreak: 0))
            let end = GraphStore.attachmentKey(graphID, tag: Self.idTag).bytes
            try transaction.scan(graph.records, from: start, to: end) { key, value in
                let moment = try Self.moment(key)
                events.append((moment.timestamp, moment.tieBreak, Array(copying: value)))
                return true
            }
            return events
        }
    }

    /// All settled steps of a twin, oldest first.
    func mergedSteps(
        _ graphID: GraphID, _ finder: inout EventNodeResolver,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> [TwinFold.Step] {
        var steps: [TwinFold.Step] = []
        let prefix = GraphStore.attachmentKey(graphID, tag: Self.eventTag).bytes
        try transaction.scan(graph.records, prefix: prefix) { key, value in
            let event = try EventRecord.decodeOutline(value)
            steps.append(try finder.step(event, at: Self.moment(key), in: transaction))
            return true
        }
        return steps
    }

    /// The newest two times of a twin's settled log that come before a moment.
    func tail(
        _ graphID: GraphID, before moment: LogPosition, _ finder: inout EventNodeResolver,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> [TwinFold.Step] {
        var steps: [TwinFold.Step] = []
        var times = 0
        let start = GraphStore.attachmentKey(graphID, tag: Self.eventTag).bytes
        let end = Self.eventKey(graphID, moment)
        try transaction.scan(graph.records, from: start, to: end, reversed: true) { key, value in
            let moment = try Self.moment(key)
            let event = try EventRecord.decodeOutline(value)
            // What the fold passes over stands between no two events.
            guard event.type.role != .operational else { return true }
            if steps.last?.moment.timestamp != moment.timestamp { times += 1 }
            if times > 2 { return false }
            steps.append(try finder.step(event, at: moment, in: transaction))
            return true
        }
        return steps.reversed()
    }
}
