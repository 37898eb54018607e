import PropertyGraph
import TestSupport
import Testing

@testable import TwinStorage

/// The index of the journal against a plain list of its events.
@Suite struct JournalIndexTests {
    /// What the index must know: the journal as transactions have left it.
    private struct Model {
        var state = JournalState()
        var entries: [(graph: GraphID, entry: JournalEntry)] = []

        func load(after sequence: UInt64) -> [(GraphID, JournalEntry)] {
            entries.filter { $0.entry.sequence > sequence }.map { ($0.graph, $0.entry) }
        }

        /// The events of a graph that are not settled.
        func waiting(_ graph: GraphID) -> [JournalEntry] {
            load(after: state.mergedThrough).filter { $0.0 == graph }.map(\.1)
        }
    }

    private static let graphs = (1...4).map { GraphID(rawValue: UInt64($0)) }

    @Test(arguments: UInt64(1)...8) func transactionsLeaveTheIndexWhole(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var model = Model()
        let index = JournalIndex()
        index.checkInvariants()
        for number in 1...120 {
            let before = model
            try index.open(at: model.state, transaction: number) { model.load(after: $0) }
            let added = append(random.below(6), to: &model, index, &random)
            let isSettling = random.chance(0.2)
            if isSettling { model.state.mergedThrough = model.state.next - 1 }
            let erased = random.chance(0.1) ? Self.graphs[random.below(4)] : nil
            if let erased {
                model.entries.removeAll { $0.graph == erased }
                // As erasing does: a sweep begins anew, up to another number.
                model.state.next += 1
            }
            guard !random.chance(0.1) else {
                // The transaction fails before its end: nothing of it counts.
                model = before
                continue
            }
            model.state.revision += 1
            index.close(at: model.state, added: added, transaction: number)
            if let erased { index.forget(erased) }
            index.checkInvariants()
            for graph in Self.graphs {
                let known = index.entries(of: graph)
                let sequences = known.map(\.sequence)
                for entry in model.waiting(graph) {
                    #expect(sequences.contains(entry.sequence), "seed \(seed), \(number)")
                }
            }
            if random.chance(0.1) {
                // A failed commit: the next transaction finds the state before.
                model = before
            }
        }
    }

    /// Adds events as a transaction does; some come again and have their number already.
    private func append(
        _ count: Int, to model: inout Model, _ index: JournalIndex, _ random: inout SeededGenerator
    ) -> [(GraphID, JournalEntry)] {
        var added: [(GraphID, JournalEntry)] = []
        for _ in 0..<count {
            let graph = Self.graphs[random.below(4)]
            let entry = JournalEntry(sequence: model.state.next, tieBreak: random.next() % 500)
            let key = EventKey(graph: graph, tieBreak: entry.tieBreak)
            guard index.claim(entry.sequence, for: key) == nil else { continue }
            model.state.next += 1
            model.state.eventCount += 1
            model.entries.append((graph, entry))
            added.append((graph, entry))
        }
        return added
    }
}
