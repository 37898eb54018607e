import Foundation
import GraphFixtures
import LMDB
import TestSupport
import Testing

@testable import PropertyGraph

/// Opening, settings, and what happens when a store is not what it should be.
@Suite struct StoreTests {
    @Test func aStoreIsMadeOnlyWhenAllowed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/store"
        #expect(!GraphStore.exists(at: path))
        let error = #expect(throws: GraphError.self) { try open(folder, access: .write) }
        #expect(error?.code == .notAStore)
        #expect(
            error?.description
                == "There is no store at \(path). Check the path, or create a store.")
        #expect(!FileManager.default.fileExists(atPath: path))
        _ = try open(folder)
        #expect(GraphStore.exists(at: path))
        _ = try open(folder, access: .write)
    }

    @Test func contentSurvivesReopening() throws {
        let folder = try TemporaryFolder()
        let graph = GraphID(rawValue: 3)
        let before: [Edge]
        do {
            let fixture = try Fixture(folder: folder)
            let ids = try fixture.add(.person, "a", "b")
            try fixture.put(edge(ids[0], .knows, ids[1], weight: 0.1), graph: graph)
            before = try fixture.edges(graph)
        }
        #expect(try Fixture(folder: folder).edges(graph) == before)
        #expect(before.count == 1)
    }

    @Test func settingsAreKeptAndReplaced() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try open(folder)
            #expect(try store.read { try store.setting("a", in: $0) } == nil)
            try store.write { transaction in
                try store.set("a", to: .double(1.5), in: transaction)
                try store.set("a", to: .string("x"), in: transaction)
                try store.set("ab", to: .int(2), in: transaction)
            }
        }
        let store = try open(folder)
        #expect(try store.read { try store.setting("a", in: $0) } == .string("x"))
        #expect(try store.read { try store.setting("ab", in: $0) } == .int(2))
    }

    @Test func furtherTablesLiveBesideTheGraphs() throws {
        let folder = try TemporaryFolder()
        let store = try GraphStore(
            path: folder.path + "/store", labels: [], edgeTypes: [], tables: ["extra"])
        let extra = store.environment.table("extra")
        try store.write { try $0.put([2], for: [1], in: extra) }
        #expect(try store.read { try $0.bytes(for: [1], in: extra) } == [2])
    }

    @Test(arguments: [UInt64(3), 4, 1 << 40, .max])
    func aNewerStoreIsRefused(_ version: UInt64) throws {
        let folder = try TemporaryFolder()
        try setFormat(version, folder)
        let error = #expect(throws: GraphError.self) { try open(folder) }
        #expect(error?.code == .newerStore)
        #expect(
            error?.description
                == "The store at \(folder.path)/store has format \(version), and this program reads "
                + "up to 2. Use a newer foretwin.")
        // Refusing left the store as it was.
        try setFormat(2, folder)
        _ = try open(folder)
    }

    @Test func anUnreadableFormatIsATypedError() throws {
        let folder = try TemporaryFolder()
        let store = try open(folder)
        try store.write { try $0.put([], for: Array("format".utf8), in: store.meta) }
        store.environment.close()
        #expect(throwsTyped { _ = try open(folder) })
    }

    private func setFormat(_ version: UInt64, _ folder: TemporaryFolder) throws {
        let environment = try Environment(path: folder.path + "/store", tables: ["meta"])
        defer { environment.close() }
        var writer = ByteWriter()
        writer.appendVarint(version)
        let record = writer.bytes
        try environment.write {
            try $0.put(record, for: Array("format".utf8), in: environment.table("meta"))
        }
    }
}

/// Damaged records give errors that say so.
@Suite struct CorruptionTests {
    @Test func aDamagedEdgeIsATypedErrorOnEveryWay() throws {
        var fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b", "c")
        let good = edge(ids[1], .likes, ids[2])
        try fixture.put(edge(ids[0], .likes, ids[1]), good, graph: .shared)
        let code = try fixture.store.vocabulary.code(of: EdgeType.likes)
        let key = GraphRecords.key(.shared, .edge, from: ids[0], type: code, to: ids[1])
        try damage("graph", key, &fixture)
        #expect(throwsTyped { _ = try fixture.edges(.shared) })
        #expect(throwsTyped { _ = try fixture.edges(from: ids[0], graph: .shared) })
        #expect(throwsTyped { _ = try fixture.edges(to: ids[1], graph: .shared) })
        // Its neighbour is as good as before.
        #expect(try fixture.edges(from: ids[1], graph: .shared) == [good])
    }

    @Test func aWayBackToNowhereIsCorruption() throws {
        let fixture = try Fixture()
        let store = fixture.store
        let ids = try fixture.add(.person, "a", "b")
        try fixture.put(edge(ids[0], .likes, ids[1]), graph: .shared)
        let code = try store.vocabulary.code(of: EdgeType.likes)
        let key = GraphRecords.key(.shared, .edge, from: ids[0], type: code, to: ids[1])
        _ = try store.write { try $0.remove(key, in: store.records) }
        let error = #expect(throws: GraphError.self) {
            try fixture.edges(to: ids[1], graph: .shared)
        }
        #expect(error?.code == .corrupt)
        #expect(
            error?.description
                == "The reverse index names an edge that does not exist. Restore a backup.")
    }

    @Test func anUndeclaredTypeOnDiskIsCorruption() throws {
        let fixture = try Fixture()
        let store = fixture.store
        let ids = try fixture.add(.person, "a", "b")
        let key = GraphRecords.key(.shared, .edge, from: ids[0], type: 77, to: ids[1])
        let value = GraphRecords.encode(edge(ids[0], .likes, ids[1]))
        try store.write { try $0.put(value, for: key, in: store.records) }
        #expect(code { _ = try fixture.edges(.shared) } == .corrupt)
    }

    @Test func damagedNamesAndPropertiesAreTypedErrors() throws {
        var fixture = try Fixture()
        let ann = try fixture.add(.person, "ann")[0]
        try fixture.store.write { [store = fixture.store] in
            try store.put(Node(id: ann), graph: .shared, in: $0)
        }
        for table in ["graph", "names", "ids"] { try damage(table, nil, &fixture) }
        let store = fixture.store
        #expect(throwsTyped { _ = try fixture.nodes(.shared) })
        try store.read { transaction in
            #expect(throwsTyped { _ = try store.externalID(of: ann, in: transaction) })
            #expect(throwsTyped { _ = try store.node(.person, "ann", in: transaction) })
            #expect(throwsTyped { try store.forEachNode(.person, in: transaction) { _, _ in } })
        }
    }

    @Test(arguments: [UInt64(1) << 48, .max])
    func numbersThatNoNodeCanHaveAreCorruption(_ number: UInt64) throws {
        let fixture = try Fixture()
        let store = fixture.store
        _ = try fixture.add(.person, "ann")
        var writer = ByteWriter()
        writer.appendVarint(number)
        let record = writer.bytes
        try store.write { transaction in
            try transaction.put(record, for: [0, 1] + Array("ann".utf8), in: store.names)
            try transaction.put(record, for: Array("count/".utf8) + [0, 1], in: store.meta)
        }
        try store.read { transaction in
            #expect(code { _ = try store.node(.person, "ann", in: transaction) } == .corrupt)
            #expect(code { _ = try store.nodeCount(.person, in: transaction) } == .corrupt)
        }
    }

    /// Flips one bit of a stored value, or of all of a table, below the checksum.
    private func damage(_ table: String, _ key: [UInt8]?, _ fixture: inout Fixture) throws {
        let folder = fixture.folder
        fixture.store.environment.close()
        var options = Environment.Options()
        options.isChecksummed = false
        do {
            let environment = try Environment(
                path: folder.path + "/store", tables: [table], options: options)
            defer { environment.close() }
            let table = environment.table(table)
            var values: [([UInt8], [UInt8])] = []
            try environment.read { transaction in
                try transaction.scan(table, from: [], to: nil) { found, value in
                    if key.map({ $0 == Array(copying: found) }) ?? true {
                        values.append((Array(copying: found), Array(copying: value)))
                    }
                    return true
                }
            }
            try #require(!values.isEmpty)
            try environment.write { transaction in
                for (key, value) in values {
                    var value = value
                    value[value.count / 2] ^= 1
                    try transaction.put(value, for: key, in: table)
                }
            }
        }
        fixture = try Fixture(folder: folder)
    }
}
