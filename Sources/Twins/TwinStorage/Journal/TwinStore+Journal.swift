import LMDB
import PropertyGraph
import Shop
import Time

/// The journal: `sequence → graph, time, tie-break, event`, in the order in which events came.
///
/// A batch of events is one run of new keys at the end of the journal, whomever they belong to, so
/// taking it in writes a few pages where putting each event in its place would write several pages
/// an event. Later a sweep settles many events of each twin at once. A twin that is read meanwhile
/// is the fold of what is settled and what is not.
extension TwinStore {
    /// An event in the journal.
    struct JournalRecord {
        var graph: GraphID
        var moment: LogPosition
        /// The event as the log will hold it.
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
        writer.appendInt64(entry.moment.timestamp.rawValue)
        writer.appendUInt64(entry.moment.tieBreak)
        writer.appendRaw(entry.record)
        return writer.bytes
    }

    /// Reads an event of the journal; `nil` if it is not there any more, or not yet.
    func journalRecord(
        _ sequence: UInt64, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> JournalRecord? {
        try readJournal(sequence, in: transaction) { graph, moment, record in
            JournalRecord(graph: graph, moment: moment, record: Array(copying: record))
        }
    }

    /// Looks at an event of the journal; `nil` if it is not there any more, or not yet.
    ///
    /// - Parameters:
    ///   - sequence: Its sequence number.
    ///   - transaction: A state of the store.
    ///   - body: Gets the twin's graph, the place in its log, and the event as the log will hold it.
    /// - Returns: What `body` returned.
    /// - Throws: `LMDBError`, ``TwinsError`` when the record is cut short, or what `body` throws.
    func readJournal<T>(
        _ sequence: UInt64, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (GraphID, LogPosition, RawSpan) throws -> T
    ) throws -> T? {
        try transaction.value(for: Self.journalKey(sequence), in: journal) { value in
            guard value.byteCount > 24 else {
                throw TwinsError(.corrupt, "The journal has half an event. Restore a backup.")
            }
            let time = value.bigEndian(at: 8, as: UInt64.self) ^ 1 << 63
            let moment = LogPosition(
                timestamp: Timestamp(rawValue: Int64(bitPattern: time)),
                tieBreak: value.bigEndian(at: 16, as: UInt64.self))
            return try body(
                GraphID(rawValue: value.bigEndian(at: 0, as: UInt64.self)), moment,
                value.extracting(24..<value.byteCount))
        }
    }

    /// Reads where the events of the journal after a sequence number belong.
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

    /// Reads what the journal says of itself.
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
                        "The numbers in the journal's state contradict each other. Restore a backup."
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

    /// Looks at one twin in a snapshot, with the places in the journal where it may have events.
    func readTwin<T>(
        _ graphID: GraphID, _ body: (borrowing ReadTransaction, [JournalEntry]) throws -> T
    ) throws -> T {
        // Asked before the snapshot is opened: see `JournalIndex`.
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
