import Foundation
import PropertyGraph

/// What the journal says of itself, in one record that every batch rewrites.
struct JournalState: Hashable, Sendable {
    /// Counts the changes of the journal.
    var revision: UInt64 = 0
    /// The sequence number of the next event.
    var next: UInt64 = 1
    /// Every event up to this sequence number has been settled.
    var settledThrough: UInt64 = 0
    /// The sequence number up to which the sweep under way settles; 0 when there is none.
    var sweepThrough: UInt64 = 0
    /// The last graph that the sweep under way has settled.
    var sweepPosition = GraphID(rawValue: 0)
    /// How many events the store holds, settled or not.
    var eventCount: UInt64 = 0
    /// The time of the newest event of all.
    var newest: Timestamp?
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
}

/// Which twins have events in the journal, and where; kept in memory, made from the journal.
///
/// It may name more than a snapshot holds (events not yet committed, or settled since), never less:
/// events enter before their transaction commits, and leave only when the transaction that settled
/// them is known to have committed. Whoever asks it *before* opening a snapshot, and then passes
/// over what the snapshot lacks and what the twin says is settled, sees each event exactly once.
// @unchecked Sendable: every variable is guarded by `lock`.
final class JournalIndex: @unchecked Sendable {
    private let lock = NSLock()
    private var state: JournalState?
    private var pending: [GraphID: [JournalEntry]] = [:]
    private var sequences: [EventKey: UInt64] = [:]
    /// The transaction that made `state`, which may not have committed.
    private var writtenBy = 0
    private var droppedThrough: UInt64 = 0
    /// The graphs with events in the sweep under way, by id.
    private var sweepOrder: (through: UInt64, graphs: [GraphID])?

    /// The entries of a twin, in the order in which they came.
    func entries(of graph: GraphID) -> [JournalEntry] { lock.withLock { pending[graph] ?? [] } }

    /// Where an event is in the journal; `nil` if it is not there.
    func sequence(of key: EventKey) -> UInt64? { lock.withLock { sequences[key] } }

    /// How many events are in the journal, at least.
    var pendingCount: Int { lock.withLock { sequences.count } }

    /// Sees to it that the index knows all of a snapshot's journal.
    ///
    /// - Parameters:
    ///   - stored: The state in the snapshot.
    ///   - load: Reads the snapshot's journal after a sequence number.
    /// - Throws: What `load` throws.
    func refresh(
        to stored: JournalState, load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        try lock.withLock {
            if let state, state.revision >= stored.revision { return }
            try reload(stored, load)
        }
    }

    /// Makes the index equal to the journal as a write transaction finds it.
    ///
    /// - Parameters:
    ///   - stored: The state in the transaction.
    ///   - number: The transaction's number.
    ///   - load: Reads the transaction's journal after a sequence number.
    /// - Throws: What `load` throws.
    func synchronise(
        with stored: JournalState, transaction number: Int,
        load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        try lock.withLock {
            // Another state than the last one written here: that transaction did not commit, or
            // another process has been at work.
            guard state?.revision == stored.revision else {
                try reload(stored, load)
                return
            }
            if number > writtenBy { drop(through: stored.settledThrough) }
        }
    }

    /// Takes in what a transaction is about to commit.
    func record(
        _ added: [(GraphID, JournalEntry)], state: JournalState, transaction number: Int
    ) {
        lock.withLock {
            for (graph, entry) in added { add(entry, to: graph) }
            self.state = state
            writtenBy = number
        }
    }

    /// Forgets the events of a twin that is being erased.
    ///
    /// A reader with an older snapshot may miss them, which is what erasing is for.
    func forget(_ graph: GraphID) {
        lock.withLock {
            for entry in pending[graph] ?? [] {
                sequences[EventKey(graph: graph, tieBreak: entry.tieBreak)] = nil
            }
            pending[graph] = nil
        }
    }

    /// The graphs after a position that have events in the sweep under way, by id.
    func graphs(after position: GraphID, sweepThrough: UInt64) -> ArraySlice<GraphID> {
        lock.withLock {
            if sweepOrder?.through != sweepThrough {
                let graphs = pending.filter { ($0.value.first?.sequence ?? .max) <= sweepThrough }
                sweepOrder = (sweepThrough, graphs.keys.sorted())
            }
            let graphs = sweepOrder?.graphs ?? []
            var low = 0
            var high = graphs.count
            while low < high {
                let middle = (low + high) / 2
                if graphs[middle] <= position { low = middle + 1 } else { high = middle }
            }
            return graphs[low...]
        }
    }

    // To be called with `lock` locked.
    private func reload(
        _ stored: JournalState, _ load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        let entries = try load(stored.settledThrough)
        pending = [:]
        sequences = [:]
        for (graph, entry) in entries { add(entry, to: graph) }
        state = stored
        writtenBy = 0
        droppedThrough = stored.settledThrough
        sweepOrder = nil
    }

    // To be called with `lock` locked.
    private func add(_ entry: JournalEntry, to graph: GraphID) {
        pending[graph, default: []].append(entry)
        sequences[EventKey(graph: graph, tieBreak: entry.tieBreak)] = entry.sequence
    }

    // To be called with `lock` locked.
    private func drop(through sequence: UInt64) {
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
