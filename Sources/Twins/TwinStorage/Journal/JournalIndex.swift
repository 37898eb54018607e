package import PropertyGraph
import Synchronization
package import Time

/// What the journal says of itself, in one record that every batch rewrites.
package struct JournalState: Hashable, Sendable {
    /// Counts the changes of the journal.
    package var revision: UInt64 = 0
    /// The sequence number of the next event.
    package var next: UInt64 = 1
    /// Every event up to this sequence number has been settled.
    package var mergedThrough: UInt64 = 0
    /// The sequence number up to which the sweep under way settles; 0 when there is none.
    package var mergeThrough: UInt64 = 0
    /// The last graph that the sweep under way has settled.
    package var mergePosition = GraphID(rawValue: 0)
    /// How many events the store holds, settled or not.
    package var eventCount: UInt64 = 0
    /// The time of the newest event of all.
    package var newest: Timestamp?

    /// Creates a value from its parts.
    package init(
        revision: UInt64 = 0, next: UInt64 = 1, mergedThrough: UInt64 = 0,
        mergeThrough: UInt64 = 0, mergePosition: GraphID = .shared,
        eventCount: UInt64 = 0, newest: Timestamp? = nil
    ) {
        self.revision = revision
        self.next = next
        self.mergedThrough = mergedThrough
        self.mergeThrough = mergeThrough
        self.mergePosition = mergePosition
        self.eventCount = eventCount
        self.newest = newest
    }

    /// Whether the numbers fit each other, and can grow: a record that was made up may say
    /// anything.
    package var isPlausible: Bool {
        let limit: UInt64 = 1 << 62
        return (1..<limit).contains(next) && revision < limit && eventCount < limit
            && mergedThrough < next && mergeThrough < next
            && (mergeThrough == 0 || mergeThrough >= mergedThrough)
    }
}

/// An event's place in the journal.
struct JournalEntry: Hashable, Sendable {
    /// Its sequence number, which is its key.
    var sequence: UInt64
    /// The first half of the hash of its id.
    var tieBreak: UInt64
}

/// What tells events apart.
struct EventKey: Hashable, Sendable {
    var graph: GraphID
    var tieBreak: UInt64

    func hash(into hasher: inout Hasher) {
        // One number where there are two: this is asked for every event, several times.
        hasher.combine(tieBreak &+ graph.rawValue &* 0x9E37_79B9_7F4A_7C15)
    }
}

/// Which twins have events in the journal, and where; kept in memory, made from the journal.
///
/// It may name more than a snapshot holds (events not yet committed, or settled since), never less:
/// events enter before their transaction commits, and leave only when the transaction that settled
/// them is known to have committed. Whoever asks it *before* opening a snapshot, and then passes
/// over what the snapshot lacks and what the twin says is settled, sees each event exactly once.
final class JournalIndex: Sendable {
    private let contents = Mutex(Contents())

    fileprivate struct Contents {
        var state: JournalState?
        var pending: [GraphID: [JournalEntry]] = [:]
        var sequences: [EventKey: UInt64] = [:]
        /// How many events some twins have, settled or not: those that were asked for.
        var counts: [GraphID: Int] = [:]
        /// Whether a write transaction has begun to change the journal and has not said the end.
        var isOpen = false
        /// The transaction that made `state`, which may not have committed.
        var writtenBy = 0
        var droppedThrough: UInt64 = 0
        /// The graphs with events in the sweep under way, by id.
        var mergeOrder: (through: UInt64, graphs: [GraphID])?
    }

    /// The entries of a twin, in the order in which they came.
    func entries(of graph: GraphID) -> [JournalEntry] {
        contents.withLock { $0.pending[graph] ?? [] }
    }

    /// The entries of a twin that a snapshot may need; `nil` if some have left that it needs.
    ///
    /// Entries leave when they are merged for good. A snapshot that says that everything that has
    /// left is merged misses none, also if the index is asked after the snapshot was opened.
    ///
    /// - Parameters:
    ///   - graph: The twin's graph.
    ///   - merged: The sequence number through which the snapshot says all is merged.
    /// - Returns: The entries, in the order in which they came.
    func entries(of graph: GraphID, mergedThrough merged: UInt64) -> [JournalEntry]? {
        contents.withLock { contents in
            contents.droppedThrough <= merged ? contents.pending[graph] ?? [] : nil
        }
    }

    /// Stops the program unless the parts of the index fit each other; for its tests.
    ///
    /// Not to be called while a transaction is claiming sequence numbers.
    ///
    /// - Complexity: O(n log n) for n events in the journal.
    func checkInvariants() {
        contents.withLock { $0.checkInvariants() }
    }

    /// How many events are in the journal, at least.
    var pendingCount: Int { contents.withLock { $0.sequences.count } }

    /// Sees to it that the index knows all of a snapshot's journal.
    ///
    /// - Parameters:
    ///   - stored: The state in the snapshot.
    ///   - load: Reads the snapshot's journal after a sequence number.
    /// - Throws: What `load` throws.
    func refresh(
        to stored: JournalState, load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        try contents.withLock { contents in
            if let state = contents.state, state.revision >= stored.revision { return }
            try contents.reload(stored, load)
        }
    }

    /// Makes the index equal to the journal as a write transaction finds it.
    ///
    /// - Parameters:
    ///   - stored: The state in the transaction.
    ///   - number: The transaction's number.
    ///   - load: Reads the transaction's journal after a sequence number.
    /// - Throws: What `load` throws.
    func open(
        at stored: JournalState, transaction number: Int,
        load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        try contents.withLock { contents in
            // Left open, or another state than the last one written here: that transaction did not
            // commit, or another process has been at work.
            if contents.isOpen || contents.state?.revision != stored.revision {
                try contents.reload(stored, load)
            } else if number > contents.writtenBy {
                contents.drop(through: stored.mergedThrough)
            }
            if contents.counts.count > Self.countedMax { contents.counts.removeAll() }
            contents.isOpen = true
        }
    }

    /// Twins whose events are counted at a time; each takes 16 bytes.
    private static let countedMax = 1 << 17

    /// How many events a twin has, settled or not, as the open transaction finds it.
    ///
    /// - Parameters:
    ///   - graph: The twin's graph.
    ///   - settled: Reads how many of its events are settled, and up to which sequence number. It is
    ///     asked once, before the transaction adds events of the twin.
    /// - Returns: The number of its events.
    /// - Throws: What `settled` throws.
    func eventCount(
        of graph: GraphID, settled: () throws -> (count: Int, through: UInt64)
    ) rethrows -> Int {
        try contents.withLock { contents in
            if let count = contents.counts[graph] { return count }
            let (count, through) = try settled()
            let pending = contents.pending[graph]?.count { $0.sequence > through } ?? 0
            contents.counts[graph] = count + pending
            return count + pending
        }
    }

    /// Counts an event that the open transaction adds, if events of its twin are counted.
    func countEvent(of graph: GraphID) {
        contents.withLock { contents in contents.counts[graph]? += 1 }
    }

    /// Where an event is in the journal; `nil` if it is not there.
    func sequence(of key: EventKey) -> UInt64? { contents.withLock { $0.sequences[key] } }

    /// Where an event is in the journal; if it is not there, it shall be at a sequence number.
    ///
    /// - Returns: The sequence number of the event that was there already; `nil` if none was.
    func claim(_ sequence: UInt64, for key: EventKey) -> UInt64? {
        contents.withLock { contents in
            // A table that grows bit by bit is moved again and again.
            if contents.sequences.count == 1 << 12 { contents.sequences.reserveCapacity(1 << 18) }
            guard let known = contents.sequences.updateValue(sequence, forKey: key) else {
                return nil
            }
            contents.sequences[key] = known
            return known
        }
    }

    /// Takes in what a transaction is about to commit.
    func close(
        at state: JournalState, added: [(GraphID, JournalEntry)], transaction number: Int
    ) {
        contents.withLock { contents in
            for (graph, entry) in added { contents.pending[graph, default: []].append(entry) }
            contents.state = state
            contents.writtenBy = number
            contents.isOpen = false
        }
    }

    /// Forgets the events of a twin that is being erased.
    ///
    /// A reader with an older snapshot may miss them, which is what erasing is for.
    func forget(_ graph: GraphID) {
        contents.withLock { contents in
            for entry in contents.pending[graph] ?? [] {
                contents.sequences[EventKey(graph: graph, tieBreak: entry.tieBreak)] = nil
            }
            contents.pending[graph] = nil
            contents.counts[graph] = nil
        }
    }

    /// The graphs after a position that have events in the sweep under way, by id.
    func graphs(after position: GraphID, mergeThrough: UInt64) -> ArraySlice<GraphID> {
        contents.withLock { contents in
            if contents.mergeOrder?.through != mergeThrough {
                let graphs = contents.pending.filter {
                    ($0.value.first?.sequence ?? .max) <= mergeThrough
                }
                contents.mergeOrder = (mergeThrough, graphs.keys.sorted())
            }
            let graphs = contents.mergeOrder?.graphs ?? []
            var low = 0
            var high = graphs.count
            while low < high {
                let middle = (low + high) / 2
                if graphs[middle] <= position { low = middle + 1 } else { high = middle }
            }
            return graphs[low...]
        }
    }
}

extension JournalIndex.Contents {
    fileprivate func checkInvariants() {
        var count = 0
        for (graph, entries) in pending {
            precondition(!entries.isEmpty, "a graph without events is not listed")
            for (earlier, later) in zip(entries, entries.dropFirst()) {
                precondition(
                    earlier.sequence < later.sequence, "events of a graph are in their order")
            }
            for entry in entries {
                let key = EventKey(graph: graph, tieBreak: entry.tieBreak)
                precondition(
                    sequences[key] == entry.sequence, "an event is known by its id and its graph")
                precondition(entry.sequence > droppedThrough, "what was dropped is gone")
                if let state {
                    precondition(entry.sequence < state.next, "no event is yet to come")
                }
            }
            count += entries.count
        }
        precondition(sequences.count == count, "events are as many as their ids")
        if let state {
            precondition(state.isPlausible, "the state's numbers fit each other")
            precondition(droppedThrough <= state.mergedThrough, "only settled events are dropped")
        }
    }

    fileprivate mutating func reload(
        _ stored: JournalState, _ load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        let entries = try load(stored.mergedThrough)
        pending = [:]
        sequences = [:]
        counts = [:]
        for (graph, entry) in entries {
            pending[graph, default: []].append(entry)
            sequences[EventKey(graph: graph, tieBreak: entry.tieBreak)] = entry.sequence
        }
        state = stored
        writtenBy = 0
        droppedThrough = stored.mergedThrough
        mergeOrder = nil
    }

    /// Lets go of events up to a sequence number, which are settled for good.
    fileprivate mutating func drop(through sequence: UInt64) {
        guard sequence > droppedThrough else { return }
        droppedThrough = sequence
        for (graph, entries) in pending where (entries.first?.sequence ?? 0) <= sequence {
            let rest = entries.filter { $0.sequence > sequence }
            for entry in entries where entry.sequence <= sequence {
                sequences[EventKey(graph: graph, tieBreak: entry.tieBreak)] = nil
            }
            pending[graph] = rest.isEmpty ? nil : rest
        }
    }
}
