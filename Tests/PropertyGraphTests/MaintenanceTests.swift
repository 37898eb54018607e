import Foundation
import GraphFixtures
import LMDB
import PropertyGraph
import TestSupport
import Testing

/// The look at a store's names, nodes and edges.
@Suite struct MaintenanceTests {
    private static let graph = GraphID(rawValue: 7)

    /// A store with two graphs, nodes with properties and edges both ways.
    private func fixture() throws -> Fixture {
        let fixture = try Fixture()
        let people = try fixture.add(.person, "ann", "bob", "żółć")
        let books = try fixture.add(.book, "Die Wand", "緑")
        for graph in [GraphID.shared, Self.graph] {
            try fixture.put(
                edge(people[0], .knows, people[1]), edge(people[1], .knows, people[0]),
                edge(people[0], .likes, books[0]), edge(people[2], .likes, books[1]),
                edge(people[2], .knows, people[2]), graph: graph)
        }
        try fixture.store.write { transaction in
            let node = Node(id: books[0], properties: ["pages": .int(276)])
            try fixture.store.put(node, graph: .shared, in: transaction)
            var key = GraphStore.attachmentKey(Self.graph, tag: 20)
            key.appendUInt8(1)
            try transaction.put([1, 2], for: key.bytes, in: fixture.store.records)
        }
        return fixture
    }

    private func audit(_ store: GraphStore) throws -> (audit: GraphStore.Audit, notes: [String]) {
        try store.read { transaction in
            var notes: [String] = []
            let audit = try store.audit(
                in: transaction, note: { notes.append($0) }, progress: { _, _ in })
            return (audit, notes)
        }
    }

    /// What is found after a change behind the store's back.
    private func notes(
        _ change: (borrowing WriteTransaction, Fixture) throws -> Void
    ) throws -> [String] {
        let fixture = try fixture()
        try fixture.store.write { try change($0, fixture) }
        return try audit(fixture.store).notes
    }

    /// The first key of the graphs' table whose kind is `kind`.
    private func key(
        _ kind: UInt8, _ store: GraphStore, in transaction: borrowing WriteTransaction
    ) throws -> [UInt8] {
        var found: [UInt8] = []
        try transaction.scan(store.records, from: [], to: nil) { key, _ in
            let key = Array(copying: key)
            if key[8] == kind { found = key }
            return found.isEmpty
        }
        return found
    }

    @Test func soundStoresAreCounted() throws {
        let (audit, notes) = try audit(fixture().store)
        #expect(notes == [])
        #expect(audit.names == 5 && audit.nodes == 1 && audit.edges == 10)
        #expect(audit.attachments == 1)
        let empty = try self.audit(Fixture().store)
        #expect(empty.notes == [] && empty.audit.names == 0 && empty.audit.edges == 0)
    }

    @Test func graphsWithoutWaysBackAreSound() throws {
        let folder = try TemporaryFolder()
        let store = try open(folder, reverseIndex: .sharedGraph)
        try store.write { transaction in
            let ann = try store.addNode(.person, "ann", in: transaction)
            let bob = try store.addNode(.person, "bob", in: transaction)
            for graph in [GraphID.shared, Self.graph] {
                try store.put(edge(ann, .knows, bob), graph: graph, in: transaction)
            }
        }
        let (audit, notes) = try audit(store)
        #expect(notes == [] && audit.edges == 2)
    }

    @Test func removedNamesLeaveGapsThatAreNoDamage() throws {
        let fixture = try Fixture()
        let people = try fixture.add(.person, "ann", "bob", "eve")
        try fixture.put(edge(people[2], .knows, people[2]), graph: Self.graph)
        try fixture.store.write { transaction in
            try fixture.store.removeName(of: people[0], in: transaction)
        }
        let (audit, notes) = try audit(fixture.store)
        #expect(notes == [] && audit.names == 2 && audit.edges == 1)
    }

    @Test func edgesThatAreMissingInTheReverseIndexAreFound() throws {
        let notes = try notes { transaction, fixture in
            let entry = try key(3, fixture.store, in: transaction)
            try transaction.remove(entry, in: fixture.store.records)
        }
        #expect(notes.count == 1)
        #expect(notes.first?.contains("An edge is missing in the reverse index") ?? false)
    }

    @Test func entriesOfTheReverseIndexWithoutAnEdgeAreFound() throws {
        let notes = try notes { transaction, fixture in
            let edge = try key(2, fixture.store, in: transaction)
            try transaction.remove(edge, in: fixture.store.records)
        }
        #expect(notes == ["1 entries of the reverse index have no edge"])
    }

    @Test func recordsOfUnknownNodesAreFound() throws {
        for kind: UInt8 in [1, 2] {
            let notes = try notes { transaction, fixture in
                var key = try key(kind, fixture.store, in: transaction)
                let value = try transaction.bytes(for: key, in: fixture.store.records)
                key[15] = 200
                try transaction.put(try #require(value), for: key, in: fixture.store.records)
            }
            #expect(
                notes.contains { $0.contains("names a node that does not exist") }, "kind \(kind)")
        }
    }

    @Test func malformedRecordsAreFound() throws {
        for kind: UInt8 in [1, 2] {
            let notes = try notes { transaction, fixture in
                let key = try key(kind, fixture.store, in: transaction)
                try transaction.put([9], for: key, in: fixture.store.records)
            }
            #expect(notes.contains { $0.contains("a record of a graph is wrong") }, "kind \(kind)")
        }
        let unknown = try notes { transaction, fixture in
            let key = [UInt8](repeating: 0, count: 8) + [5]
            try transaction.put([], for: key, in: fixture.store.records)
        }
        #expect(unknown.contains { $0.contains("unknown kind") })
        let short = try notes { transaction, fixture in
            try transaction.put([], for: [1, 2], in: fixture.store.records)
        }
        #expect(short.count == 1)
    }

    @Test func namesAndIDsThatDoNotFitAreFound() throws {
        let notes = try notes { transaction, fixture in
            let people = try fixture.store.node(.person, "bob", in: transaction)
            let names = fixture.store.environment.table("names")
            // Two names for one index, and none for the other.
            try transaction.scan(names, from: [], to: nil) { _, _ in false }
            #expect(people != nil)
            var key: [UInt8] = []
            try transaction.scan(names, from: [], to: nil) { name, _ in
                key = Array(copying: name)
                return false
            }
            try transaction.put([4], for: key, in: names)
        }
        #expect(notes.contains { $0.contains("1 names of nodes do not fit their ids") })
        let lost = try self.notes { transaction, fixture in
            let ids = fixture.store.environment.table("ids")
            _ = try transaction.removeRange(from: [0], to: nil, limit: 1, in: ids)
        }
        #expect(lost.contains("4 nodes have ids and 5 have names"))
    }

    @Test func progressIsTold() throws {
        let fixture = try Fixture()
        let node = try fixture.add(.person, "ann")[0]
        try fixture.store.write { transaction in
            for number in 0..<9000 {
                let graph = GraphID(rawValue: UInt64(number))
                try fixture.store.put(
                    Node(id: node, properties: [:]), graph: graph, in: transaction)
            }
        }
        var told: [Int] = []
        try fixture.store.read { transaction in
            _ = try fixture.store.audit(
                in: transaction, note: { _ in }, progress: { done, _ in told.append(done) })
        }
        #expect(told == [4096, 8192])
    }

    @Test func aStoreWhoseMakingWasCutOffIsNone() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/store"
        for tables in [[], ["meta", "names", "ids", "graph"]] {
            try Environment(path: path, tables: tables).close()
            #expect(code { _ = try open(folder, access: .read) } == .notAStore)
        }
        // Writing makes it whole, and then it can be read.
        try open(folder).environment.close()
        let store = try open(folder, access: .read)
        #expect(try audit(store).notes == [])
    }

    @Test func errorsAreToldApart() throws {
        #expect(GraphStore.failure(LMDBError(.inUse(pid: 7), "")) == .inUse)
        for code: LMDBError.Code in [.corrupted, .truncated, .notADatabase, .corruptRecord] {
            #expect(GraphStore.failure(LMDBError(code, "")) == .damaged)
        }
        for code: LMDBError.Code in [.diskFull, .mapFull] {
            #expect(GraphStore.failure(LMDBError(code, "")) == .full)
        }
        for code: LMDBError.Code in [.closed, .permission, .alreadyOpen] {
            #expect(GraphStore.failure(LMDBError(code, "")) == nil)
        }
        #expect(GraphStore.failure(CancellationError()) == nil)
    }

    @Test func theFormatIsToldWithoutOpening() throws {
        let fixture = try Fixture()
        fixture.store.environment.close()
        let file = fixture.folder.path + "/store/data.mdb"
        #expect(try GraphStore.storedFormat(ofFile: file) == GraphStore.formatVersion)
        try Environment(path: fixture.folder.path + "/other", tables: ["t"]).close()
        #expect(
            try GraphStore.storedFormat(ofFile: fixture.folder.path + "/other/data.mdb") == nil)
        #expect(throws: LMDBError.self) {
            _ = try GraphStore.storedFormat(ofFile: fixture.folder.path + "/none")
        }
    }
}
