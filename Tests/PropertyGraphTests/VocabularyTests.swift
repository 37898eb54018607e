import GraphFixtures
import LMDB
import TestSupport
import Testing

@testable import PropertyGraph

/// Labels and edge types keep their numbers for ever.
@Suite struct VocabularyTests {
    private let places = Label(rawValue: "Place")
    private let visits = EdgeType(rawValue: "VISITS")

    @Test func codesCountFromOneInOrderOfDeclaration() throws {
        let vocabulary = try Fixture().store.vocabulary
        #expect(vocabulary.labelCodes == [.person: 1, .book: 2])
        #expect(vocabulary.typeCodes == [.likes: 1, .knows: 2])
    }

    @Test func codesStayWhenDeclaredInAnotherOrder() throws {
        let folder = try TemporaryFolder()
        var store: GraphStore? = try open(folder)
        let before = try #require(store).vocabulary
        store = nil
        store = try open(
            folder, labels: [places, .book, .person], edgeTypes: [visits, .knows, .likes])
        let after = try #require(store).vocabulary
        #expect(after.labelCodes[.person] == before.labelCodes[.person])
        #expect(after.labelCodes[.book] == before.labelCodes[.book])
        #expect(after.labelCodes[places] == 3)
        #expect(after.typeCodes[.likes] == before.typeCodes[.likes])
        #expect(after.typeCodes[.knows] == before.typeCodes[.knows])
        #expect(after.typeCodes[visits] == 3)
    }

    @Test func namesLeftOutAreStillKnownAndKeepTheirCodes() throws {
        let folder = try TemporaryFolder()
        do {
            let fixture = try Fixture(folder: folder)
            let ids = try fixture.add(.person, "ann", "bob")
            try fixture.put(edge(ids[0], .knows, ids[1]), graph: .shared)
        }
        let store = try open(folder, labels: [places], edgeTypes: [visits])
        #expect(store.vocabulary.labelCodes == [.person: 1, .book: 2, places: 3])
        #expect(store.vocabulary.typeCodes == [.likes: 1, .knows: 2, visits: 3])
        try store.read { transaction in
            let ann = try #require(try store.node(.person, "ann", in: transaction))
            var found: [Edge] = []
            try store.forEachEdge(from: ann, graph: .shared, in: transaction) {
                found.append($0)
                return true
            }
            #expect(found.map(\.type) == [.knows])
            #expect(store.label(of: ann) == .person)
        }
    }

    @Test func codesNeverChangeOverManyReopenings() throws {
        let folder = try TemporaryFolder()
        let labels = (0..<12).map { Label(rawValue: "L\($0)") }
        let types = (0..<12).map { EdgeType(rawValue: "T\($0)") }
        var known: [Label: UInt16] = [:]
        var knownTypes: [EdgeType: UInt16] = [:]
        for round in 0..<12 {
            let some = Array(labels.shuffledBySeed(UInt64(round)).prefix(4))
            let someTypes = Array(types.shuffledBySeed(UInt64(round)).prefix(4))
            let vocabulary = try open(folder, labels: some, edgeTypes: someTypes).vocabulary
            for (label, code) in known { #expect(vocabulary.labelCodes[label] == code) }
            for (type, code) in knownTypes { #expect(vocabulary.typeCodes[type] == code) }
            known = vocabulary.labelCodes
            knownTypes = vocabulary.typeCodes
            #expect(Set(known.values) == Set(1...UInt16(known.count)))
            #expect(Set(knownTypes.values) == Set(1...UInt16(knownTypes.count)))
        }
    }

    @Test func undeclaredLabelsAreErrors() throws {
        let fixture = try Fixture()
        let store = fixture.store
        #expect(code { _ = try store.nodeID(places, index: 0) } == .undeclared)
        try store.read { transaction in
            #expect(code { _ = try store.node(places, "x", in: transaction) } == .undeclared)
            #expect(code { _ = try store.nodeCount(places, in: transaction) } == .undeclared)
            #expect(
                code { try store.forEachNode(places, in: transaction) { _, _ in } } == .undeclared)
        }
        let addition = code { _ = try store.write { try store.addNode(places, "x", in: $0) } }
        #expect(addition == .undeclared)
    }

    @Test func undeclaredEdgeTypesAreErrors() throws {
        let fixture = try Fixture()
        let store = fixture.store
        let ids = try fixture.add(.person, "a", "b")
        let stranger = edge(ids[0], visits, ids[1])
        #expect(code { try fixture.put(stranger, graph: .shared) } == .undeclared)
        #expect(
            code { _ = try fixture.edges(from: ids[0], visits, graph: .shared) } == .undeclared)
        #expect(code { _ = try fixture.edges(to: ids[0], visits, graph: .shared) } == .undeclared)
        try store.read { transaction in
            #expect(
                code {
                    _ = try store.edge(
                        from: ids[0], visits, to: ids[1], graph: .shared, in: transaction)
                } == .undeclared)
        }
        let removal = code {
            _ = try store.write {
                try store.removeEdge(from: ids[0], visits, to: ids[1], graph: .shared, in: $0)
            }
        }
        #expect(removal == .undeclared)
    }

    @Test func theErrorNamesWhatIsMissingAndWhatToDo() throws {
        let fixture = try Fixture()
        let store = fixture.store
        let error = #expect(throws: GraphError.self) { try store.nodeID(places, index: 0) }
        #expect(
            error?.description
                == "The label Place is not declared. Declare it when the store is opened.")
    }

    @Test func labelsAndTypesOfOneNameDoNotMix() throws {
        let folder = try TemporaryFolder()
        let store = try open(
            folder, labels: [Label(rawValue: "X"), Label(rawValue: "type/X")],
            edgeTypes: [EdgeType(rawValue: "label/X"), EdgeType(rawValue: "X")])
        #expect(store.vocabulary.labelCodes.count == 2)
        #expect(store.vocabulary.typeCodes[EdgeType(rawValue: "X")] == 2)
    }

    @Test func aNameDeclaredTwiceHasOneCode() throws {
        let folder = try TemporaryFolder()
        let store = try open(
            folder, labels: [.person, .person, .book], edgeTypes: [.likes, .likes])
        #expect(store.vocabulary.labelCodes == [.person: 1, .book: 2])
        #expect(store.vocabulary.typeCodes == [.likes: 1])
    }

    @Test func unknownCodesOnDiskAreCorruption() throws {
        let vocabulary = try Fixture().store.vocabulary
        #expect(code { _ = try vocabulary.type(code: 99) } == .corrupt)
        #expect(vocabulary.label(code: 99) == nil)
    }
}
