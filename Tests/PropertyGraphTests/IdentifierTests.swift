import GraphFixtures
import LMDB
import TestSupport
import Testing

@testable import PropertyGraph
@testable import Time

@Suite struct IdentifierTests {
    @Test func nodeIDsPackLabelAndIndex() {
        for (code, index) in [
            (UInt16(0), UInt64(0)), (1, 0), (1, 1), (2, 1 << 32), (.max, 1 << 48 - 1),
        ] {
            let id = NodeID(labelCode: code, index: index)
            #expect(id.labelCode == code)
            #expect(id.index == Int(index))
            #expect(NodeID(rawValue: id.rawValue) == id)
        }
    }

    @Test func nodeIDsOrderByLabelThenIndex() {
        let sorted = [
            NodeID(labelCode: 1, index: 0), NodeID(labelCode: 1, index: 1),
            NodeID(labelCode: 1, index: 1 << 48 - 1), NodeID(labelCode: 2, index: 0),
            NodeID(labelCode: 0x8000, index: 0),
        ]
        #expect(sorted.shuffledBySeed(1).sorted() == sorted)
    }

    @Test func orderOfIDsIsTheirOrderOnDisk() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let (a, b) = (generator.next() >> generator.next() % 64, generator.next())
            let nodes = [NodeID(rawValue: a), NodeID(rawValue: b)].sorted()
            let keys = nodes.map { GraphRecords.nodeKey(.shared, $0) }
            #expect(keys[0].lexicographicallyPrecedes(keys[1]) || a == b)
            let graphs = [GraphID(rawValue: a), GraphID(rawValue: b)].sorted()
            let prefixes = graphs.map { GraphRecords.prefix($0, .edge) }
            #expect(prefixes[0].lexicographicallyPrecedes(prefixes[1]) || a == b)
        }
    }

    @Test func theSharedGraphComesFirst() {
        #expect(GraphID.shared.rawValue == 0)
        #expect(GraphID.shared < GraphID(rawValue: 1))
    }

    @Test func keysOfAGraphBeginWithItsID() {
        let graph = GraphID(rawValue: 0x0102_0304_0506_0708)
        let node = NodeID(labelCode: 0x1112, index: 0x1314_1516_1718)
        let other = NodeID(labelCode: 0x2122, index: 0x2324_2526_2728)
        let nodeBytes: [UInt8] = [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]
        let otherBytes: [UInt8] = [0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28]
        let graphBytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        #expect(GraphRecords.nodeKey(graph, node) == graphBytes + [1] + nodeBytes)
        #expect(
            GraphRecords.key(graph, .edge, from: node, type: 0x0A0B, to: other)
                == graphBytes + [2] + nodeBytes + [0x0A, 0x0B] + otherBytes)
        #expect(
            GraphRecords.key(graph, .reverse, from: other, type: 0x0A0B, to: node)
                == graphBytes + [3] + otherBytes + [0x0A, 0x0B] + nodeBytes)
    }

    @Test func edgeKeysRoundTrip() throws {
        let fixture = try Fixture()
        let nodes = try fixture.add(.person, "a", "b")
        let vocabulary = fixture.store.vocabulary
        let code = try vocabulary.code(of: EdgeType.knows)
        let key = GraphRecords.key(
            GraphID(rawValue: 9), .edge, from: nodes[0], type: code, to: nodes[1])
        let ends = try GraphRecords.readEdgeKey(key.span.bytes, vocabulary: vocabulary)
        #expect(ends.from == nodes[0])
        #expect(ends.type == .knows)
        #expect(ends.to == nodes[1])
    }
}

@Suite struct PropertyTests {
    @Test func accessorsGiveTheirOwnKindOnly() {
        let text = Property.string("a")
        #expect(text.string == "a")
        #expect(text.int == nil && text.double == nil && text.timestamp == nil)
        let whole = Property.int(3)
        #expect(whole.int == 3 && whole.double == 3)
        #expect(whole.string == nil && whole.vector == nil)
        let real = Property.double(0.5)
        #expect(real.double == 0.5 && real.int == nil)
        let time = Property.timestamp(Timestamp(rawValue: 5))
        #expect(time.timestamp == Timestamp(rawValue: 5) && time.int == nil)
        #expect(Property.vector([1, 2]).vector == [1, 2])
        #expect(Property.bool(true).double == nil)
    }
}

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, 0), (999, 0), (1000, 1), (1999, 1), (-1, -1), (-999, -1), (-1000, -1), (-1001, -2),
            (.max, 9_223_372_036_854_775), (.min, -9_223_372_036_854_776),
        ] as [(Int64, Int64)])
    func secondsRoundTowardsThePast(_ milliseconds: Int64, _ seconds: Int64) {
        #expect(Timestamp(rawValue: milliseconds).seconds == seconds)
    }

    @Test func secondsOutOfRangeStopAtTheEnd() {
        #expect(Timestamp(seconds: .max).rawValue == .max)
        #expect(Timestamp(seconds: .min).rawValue == .min)
        #expect(Timestamp(seconds: -5).rawValue == -5000)
        #expect(Timestamp(seconds: 9_223_372_036_854_775).rawValue == 9_223_372_036_854_775_000)
    }

    @Test func differencesHaveASign() {
        let early = Timestamp(rawValue: 1500)
        let late = Timestamp(rawValue: 4000)
        #expect(late.secondsSince(early) == 2.5)
        #expect(early.secondsSince(late) == -2.5)
        #expect(early < late)
        #expect(Timestamp(rawValue: .max).secondsSince(Timestamp(rawValue: .min)).isFinite)
    }
}

extension Array {
    /// The elements in an order that only the seed decides.
    func shuffledBySeed(_ seed: UInt64) -> [Element] {
        var generator = SeededGenerator(seed: seed)
        return shuffled(using: &generator)
    }
}
