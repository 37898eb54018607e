import LMDB
import PropertyGraph
import Shop
import Time

/// The journal: `sequence → graph, time, tie-break, event`, in the order of arrival.
///
/// A batch of events of any customers is one run of new keys at the end of the journal, which takes
/// a few pages. Writing each event into the log of its twin would take several pages an event.
/// Later, a merge pass moves many events of each twin at once. A twin that is read meanwhile is the
/// fold of its merged and pending events.
extension TwinStore {
    /// An event in the journal.
    struct JournalRecord {
        var graph: GraphID
        var position: LogPosition
        /// The record of the event for the log.
        var record: [UInt8]
    }

    static func journalKey(_ sequence: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.appendUInt64(sequence)
        return writer.bytes
    }

    static func encode(_ entry: JournalRecord) -> [UInt8] {
        var writer = ByteWriter(capacity: 24 + entry.record.count)
        writer.appendUInt64(entry.graph.rawValue)
        writer.appendInt64(entry.position.timestamp.rawValue)
        writer.appendUInt64(entry.position.tieBreak)
        writer.appendRaw(entry.record)
        return writer.bytes
    }

    /// Reads an event of the journal; `nil` if this state of the store does not have it.
    func journalRecord(
        _ sequence: UInt64, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> JournalRecord? {
        try readJournal(sequence, in: transaction) { graph, position, record in
            JournalRecord(graph: graph, position: position, record: Array(copying: record))
        }
    }

    /// Reads an event of the journal; `nil` if this state of the store does not have it.
    ///
    /// - Parameters:
    ///   - sequence: Its sequence number.
    ///   - transaction: A state of the store.
    ///   - body: Gets the twin's graph, the position in its log, and the record for the log.
    /// - Returns: The result of `body`.
    /// - Throws: `LMDBError`, ``TwinsError`` if the record is truncated, or the error of `body`.
    func readJournal<T>(
        _ sequence: UInt64, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (GraphID, LogPosition, RawSpan) throws -> T
    ) throws -> T? {
        try transaction.value(for: Self.journalKey(sequence), in: journal) { value in
            guard value.byteCount > 24 else {
                throw TwinsError(
                    .corrupt, "An event in the journal is truncated. Restore a backup.")
            }
            let time = value.bigEndian(at: 8, as: UInt64.self) ^ 1 << 63
            let position = LogPosition(
                timestamp: Timestamp(rawValue: Int64(bitPattern: time)),
                tieBreak: value.bigEndian(at: 16, as: UInt64.self))
            return try body(
                GraphID(rawValue: value.bigEndian(at: 0, as: UInt64.self)), position,
                value.extracting(24..<value.byteCount))
        }
    }

    /// Reads the graphs and entries of the events after a sequence number.
    func journalEntries(
        after sequence: UInt64, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> [(GraphID, JournalEntry)] {
        var entries: [(GraphID, JournalEntry)] = []
        let start = Self.journalKey(sequence + 1)
        try transaction.scan(journal, from: start, to: nil) { key, value in
            let sequence = try ByteReader.reading(key) { try $0.readUInt64() }
            entries.append(
                try ByteReader.reading(value) { reader in
                    let graph = GraphID(rawValue: try reader.readUInt64())
                    _ = try reader.readUInt64()
                    let tieBreak = try reader.readUInt64()
                    return (graph, JournalEntry(sequence: sequence, tieBreak: tieBreak))
                })
            return true
        }
        return entries
    }

    /// Reads the state of the journal.
    func journalState(
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> JournalState {
        try transaction.value(for: Self.journalStateKey, in: journal) { value in
            try ByteReader.reading(value) { reader in
                var state = JournalState()
                state.revision = try reader.readVarint()
                state.next = try reader.readVarint()
                state.mergedThrough = try reader.readVarint()
                state.mergeThrough = try reader.readVarint()
                state.mergePosition = GraphID(rawValue: try reader.readVarint())
                state.eventCount = try reader.readVarint()
                if !reader.isAtEnd {
                    state.newest = Timestamp(rawValue: try reader.readInt64())
                }
                try reader.expectEnd()
                guard state.isPlausible else {
                    throw TwinsError(
                        .corrupt,
                        "The numbers in the journal's state contradict each other. "
                            + "Restore a backup."
                    )
                }
                return state
            }
        } ?? JournalState()
    }

    func put(_ state: JournalState, in transaction: borrowing WriteTransaction) throws {
        var writer = ByteWriter(capacity: 48)
        writer.appendVarint(state.revision)
        writer.appendVarint(state.next)
        writer.appendVarint(state.mergedThrough)
        writer.appendVarint(state.mergeThrough)
        writer.appendVarint(state.mergePosition.rawValue)
        writer.appendVarint(state.eventCount)
        if let newest = state.newest { writer.appendInt64(newest.rawValue) }
        try transaction.put(writer.bytes, for: Self.journalStateKey, in: journal)
    }

    /// Reads one twin in a snapshot, with its entries in the journal.
    func readTwin<T>(
        _ graphID: GraphID, _ body: (borrowing ReadTransaction, [JournalEntry]) throws -> T
    ) throws -> T {
        Self.onCustomerRead?()
        // Before the snapshot is opened: see `JournalIndex`.
        let before = index.entries(of: graphID)
        return try graph.read { transaction in
            let state = try journalState(in: transaction)
            try index.refresh(to: state) { try journalEntries(after: $0, in: transaction) }
            let now = index.entries(of: graphID)
            guard before.first != now.first || before.count > now.count else {
                return try body(transaction, now)
            }
            let known = Set(now)
            let entries = before.filter { !known.contains($0) } + now
            return try body(transaction, entries)
        }
    }

    // Shorter than the keys of events, and so before all of them.
    private static let journalStateKey: [UInt8] = [0]
}
