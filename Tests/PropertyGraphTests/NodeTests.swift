import GraphFixtures
import LMDB
import TestSupport
import Testing

@testable import PropertyGraph

/// Naming nodes, and what graphs say of them.
@Suite struct NodeTests {
    private let one = GraphID(rawValue: 1)

    @Test func indexesAreDenseWithinALabel() throws {
        let fixture = try Fixture()
        let store = fixture.store
        try store.write { transaction in
            for number in 0..<300 {
                let person = try store.addNode(.person, "p\(number)", in: transaction)
                #expect(person.index == number)
                guard number % 3 == 0 else { continue }
                let book = try store.addNode(.book, "b\(number)", in: transaction)
                #expect(book.index == number / 3)
            }
        }
        #expect(try fixture.count(.person) == 300)
        #expect(try fixture.count(.book) == 100)
        try store.read { transaction in
            var visited: [Int] = []
            try store.forEachNode(.book, in: transaction) { id, name in
                #expect(name == "b\(id.index * 3)")
                visited.append(id.index)
            }
            #expect(visited == Array(0..<100))
        }
    }

    @Test func addingAgainFindsTheSameNode() throws {
        let fixture = try Fixture()
        let first = try fixture.add(.person, "ann", "bob", "ann")
        #expect(first[0] == first[2])
        #expect(try fixture.add(.person, "bob") == [first[1]])
        #expect(try fixture.count(.person) == 2)
    }

    @Test func oneNameUnderTwoLabelsIsTwoNodes() throws {
        let fixture = try Fixture()
        let person = try fixture.add(.person, "emma")[0]
        let book = try fixture.add(.book, "emma")[0]
        #expect(person != book)
        #expect(fixture.store.label(of: person) == .person)
        #expect(fixture.store.label(of: book) == .book)
    }

    @Test func namesAndIndexesSurviveReopening() throws {
        let folder = try TemporaryFolder()
        let before = try Fixture(folder: folder).add(.person, "ann", "bob")
        let fixture = try Fixture(folder: folder)
        #expect(
            try fixture.add(.person, "bob", "cyd", "ann") == [
                before[1], NodeID(rawValue: before[1].rawValue + 1), before[0],
            ])
        #expect(try fixture.name(before[1]) == "bob")
    }

    @Test func anAbortedWriteLeavesNoGap() throws {
        struct Stop: Error {}
        let fixture = try Fixture()
        #expect(throws: Stop.self) {
            try fixture.store.write { transaction in
                _ = try fixture.store.addNode(.person, "lost", in: transaction)
                throw Stop()
            }
        }
        #expect(try fixture.add(.person, "kept")[0].index == 0)
        #expect(try fixture.node(.person, "lost") == nil)
    }

    @Test(arguments: [
        "a", String(repeating: "x", count: 400), String(repeating: "ä", count: 200),
        String(repeating: "日", count: 133), String(repeating: "🛒", count: 100), "\u{0}", "a\u{0}b",
        "e\u{301}", "👩‍👩‍👧‍👦", " ", "\u{FEFF}",
    ])
    func idsOfUpTo400BytesRoundTrip(_ name: String) throws {
        let fixture = try Fixture()
        let id = try fixture.add(.person, name)[0]
        #expect(try fixture.node(.person, name) == id)
        #expect(try fixture.name(id).map { Array($0.utf8) } == Array(name.utf8))
    }

    @Test(arguments: [
        "", String(repeating: "x", count: 401), String(repeating: "ä", count: 201),
        String(repeating: "x", count: 5000),
    ])
    func otherIDsAreRefusedWithoutTrace(_ name: String) throws {
        let fixture = try Fixture()
        #expect(code { _ = try fixture.add(.person, name) } == .externalID)
        #expect(try fixture.node(.person, name) == nil)
        #expect(try fixture.count(.person) == 0)
    }

    @Test func theErrorForALongIDSaysTheLimitAndNotTheID() throws {
        let fixture = try Fixture()
        let secret = String(repeating: "s", count: 401)
        let error = #expect(throws: GraphError.self) { try fixture.add(.person, secret) }
        #expect(error?.description == "An external id has 401 bytes. Use 1 to 400.")
    }

    @Test func namesThatDifferOnlyInBytesAreTwoNodes() throws {
        // Swift calls these two texts equal; a shop's ids are bytes.
        let ids = try Fixture().add(.person, "\u{E9}", "e\u{301}")
        #expect(ids[0] != ids[1])
    }

    @Test func namesThatBeginAlikeDoNotMix() throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "aa", "aaa")
        #expect(Set(ids).count == 3)
        #expect(try fixture.node(.person, "aa") == ids[1])
        #expect(try fixture.node(.person, "aaaa") == nil)
    }

    @Test func unknownNodesAreNil() throws {
        let fixture = try Fixture()
        let store = fixture.store
        let id = try store.nodeID(.person, index: 5)
        #expect(try fixture.name(id) == nil)
        #expect(try fixture.properties(id, graph: .shared) == nil)
        #expect(try fixture.node(.person, "") == nil)
        #expect(store.label(of: NodeID(rawValue: .max)) == nil)
        #expect(try store.nodeID(.person, index: -4).index == 0)
        #expect(try store.nodeID(.person, index: 1 << 48 - 1).index == 1 << 48 - 1)
        for index in [1 << 48, Int.max] {
            let error = #expect(throws: GraphError.self) {
                try store.nodeID(.person, index: index)
            }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func propertiesBelongToOneGraph() throws {
        let fixture = try Fixture()
        let ann = try fixture.add(.person, "ann")[0]
        let store = fixture.store
        try store.write { transaction in
            try store.put(
                Node(id: ann, properties: ["age": .int(30)]), graph: one, in: transaction)
            try store.put(Node(id: ann), graph: .shared, in: transaction)
        }
        #expect(try fixture.properties(ann, graph: one) == ["age": .int(30)])
        #expect(try fixture.properties(ann, graph: .shared) == [:])
        #expect(try fixture.properties(ann, graph: GraphID(rawValue: 2)) == nil)
    }

    @Test func puttingReplacesAllProperties() throws {
        let fixture = try Fixture()
        let ann = try fixture.add(.person, "ann")[0]
        try fixture.store.write { transaction in
            for properties in [["a": Property.int(1), "b": .int(2)], ["b": .int(3)]] {
                try fixture.store.put(
                    Node(id: ann, properties: properties), graph: one, in: transaction)
            }
        }
        #expect(try fixture.nodes(one) == [Node(id: ann, properties: ["b": .int(3)])])
    }

    @Test func removedPropertiesLeaveTheNameAndOtherGraphs() throws {
        let fixture = try Fixture(indexes: [PropertyIndex(.person, "age")])
        let store = fixture.store
        let ann = try fixture.add(.person, "ann")[0]
        let removed = try store.write { transaction in
            for graph in [one, .shared] {
                try store.put(
                    Node(id: ann, properties: ["age": .int(30)]), graph: graph, in: transaction)
            }
            let first = try store.removeProperties(of: ann, graph: one, in: transaction)
            let again = try store.removeProperties(of: ann, graph: one, in: transaction)
            return [first, again]
        }
        #expect(removed == [true, false])
        #expect(try fixture.properties(ann, graph: one) == nil)
        #expect(try fixture.properties(ann, graph: .shared) == ["age": .int(30)])
        try store.read { transaction in
            #expect(try store.node(.person, "ann", in: transaction) == ann)
            let audit = try store.audit(
                in: transaction, note: { Issue.record("\($0)") }, progress: { _, _ in })
            #expect(audit.nodes == 1 && audit.indexEntries == 1)
        }
    }

    @Test func nodesOfAGraphAreVisitedInOrderOfID() throws {
        let fixture = try Fixture()
        let people = try fixture.add(.person, "a", "b", "c")
        let books = try fixture.add(.book, "x", "y")
        try fixture.store.write { transaction in
            for id in (people + books).shuffledBySeed(3) {
                try fixture.store.put(Node(id: id), graph: one, in: transaction)
            }
        }
        #expect(try fixture.nodes(one).map(\.id) == people + books)
    }
}
