import GraphFixtures
import LMDB
import TestSupport
import Testing

@testable import PropertyGraph
@testable import Time

/// Values of nodes and edges on disk: exact, and safe against any bytes.
@Suite struct RecordTests {
    private func roundTrip(_ properties: [String: Property]) throws -> [String: Property] {
        try GraphRecords.decodeProperties(GraphRecords.encode(properties).span.bytes)
    }

    @Test(arguments: [
        Property.string(""), .string("äöü € 日本 🛒"), .string("a\u{0}b"),
        .string(String(repeating: "long ", count: 20_000)), .int(0), .int(.min), .int(.max),
        .double(0), .double(.infinity), .double(-.infinity), .double(.leastNonzeroMagnitude),
        .double(.greatestFiniteMagnitude), .double(0.1), .bool(true), .bool(false),
        .timestamp(Timestamp(rawValue: .min)), .timestamp(Timestamp(rawValue: .max)),
        .timestamp(Timestamp(seconds: 0)), .vector([]), .vector([1, -0.5, .infinity]),
    ])
    func everyKindOfPropertyRoundTrips(_ property: Property) throws {
        #expect(try roundTrip(["p": property]) == ["p": property])
    }

    @Test func notANumberKeepsItsBits() throws {
        for bits in [Double.nan.bitPattern, Double.signalingNaN.bitPattern, 0x7FF8_0000_DEAD_BEEF] {
            let read = try roundTrip(["p": .double(Double(bitPattern: bits))])
            #expect(read["p"]?.double?.bitPattern == bits)
        }
        let vector = try #require(try roundTrip(["v": .vector([.nan, -0.0])])["v"]?.vector)
        #expect(vector.map(\.bitPattern) == [Float.nan.bitPattern, (-Float(0)).bitPattern])
        #expect(try roundTrip(["p": .double(-0.0)])["p"]?.double?.sign == .minus)
    }

    @Test func largeVectorsRoundTripThroughTheStore() throws {
        let fixture = try Fixture()
        let ann = try fixture.add(.person, "ann")[0]
        let vector = (0..<100_000).map { Float($0) * 0.001 }
        try fixture.store.write { transaction in
            try fixture.store.put(
                Node(id: ann, properties: ["v": .vector(vector)]), graph: .shared, in: transaction)
        }
        #expect(try fixture.nodes(.shared).first?.properties["v"]?.vector == vector)
    }

    @Test func manyPropertiesAndOddNamesRoundTrip() throws {
        var properties: [String: Property] = ["": .int(1), "ä": .int(2), "a b": .bool(false)]
        for index in 0..<1000 { properties["name\(index)"] = .int(Int64(index)) }
        #expect(try roundTrip(properties) == properties)
        #expect(try roundTrip([:]) == [:])
    }

    @Test func oneContentHasOneForm() {
        let names = (0..<40).map { "p\($0)" }
        let forms = (UInt64(0)..<20).map { seed -> [UInt8] in
            var properties: [String: Property] = [:]
            for name in names.shuffledBySeed(seed) { properties[name] = .string(name) }
            return GraphRecords.encode(properties)
        }
        #expect(Set(forms).count == 1)
    }

    @Test func edgesRoundTrip() throws {
        var generator = SeededGenerator(seed: 5)
        let numbers: [UInt64] = [0, 1, 127, 128, 1 << 32, .max]
        for count in numbers {
            let edge = Edge(
                source: NodeID(rawValue: 1), type: .likes, target: NodeID(rawValue: 2),
                weight: Double.random(in: -1e9...1e9, using: &generator), count: count,
                first: Timestamp(rawValue: .min), last: Timestamp(rawValue: .max),
                properties: generator.properties())
            let value = GraphRecords.encode(edge)
            let read = try GraphRecords.decodeEdge(
                source: edge.source, type: .likes, target: edge.target, value: value.span.bytes)
            #expect(read == edge)
        }
    }

    @Test func bytesAfterTheEndAreRefused() throws {
        let edge = edge(NodeID(rawValue: 1), .likes, NodeID(rawValue: 2))
        for record in [GraphRecords.encode(["a": .int(1)]), GraphRecords.encode(edge)] {
            #expect(decodesToError(record + [0]))
        }
    }

    @Test func aCountWithNothingBehindItIsRefused() {
        #expect(decodesToError(([5])))
        #expect(decodesToError(([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1])))
    }

    @Test func vectorsLongerThanTheRecordAreRefused() {
        for length: [UInt8] in [[2], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]] {
            let record = ([1, 1, UInt8(ascii: "v"), 6] + length + [0, 0, 0, 0])
            #expect(decodesToError(record))
        }
    }

    @Test func unknownKindsAreRefusedByTheGraph() {
        for tag in [UInt8(0), 7, 255] {
            let record = ([1, 1, UInt8(ascii: "a"), tag, 0, 0, 0, 0, 0, 0, 0, 0])
            #expect(code { _ = try GraphRecords.decodeProperties(record.span.bytes) } == .corrupt)
        }
    }

    private func decodesToError(_ record: [UInt8]) -> Bool {
        throwsTyped { _ = try GraphRecords.decodeProperties(record.span.bytes) }
            && throwsTyped { try decodeEdge(record) }
    }
}

private func decodeEdge(_ record: [UInt8]) throws {
    _ = try GraphRecords.decodeEdge(
        source: NodeID(rawValue: 1), type: .likes, target: NodeID(rawValue: 2),
        value: record.span.bytes)
}

/// Any bytes at all: a value or an error, never a trap.
@Suite struct RecordFuzzTests {
    @Test(arguments: UInt64(0)..<20) func everyCutIsFound(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let good = GraphRecords.encode(generator.properties())
        for length in 0..<good.count {
            let cut = Array(good.prefix(length))
            let isFound = throwsTyped { _ = try GraphRecords.decodeProperties(cut.span.bytes) }
            #expect(isFound, "seed \(seed), length \(length)")
        }
    }

    /// Random content may decode by chance, but must not trap.
    @Test(arguments: UInt64(0)..<20) func randomContentNeverTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<300 {
            var writer = ByteWriter()
            writer.appendRaw(generator.bytes(0...60).map { generator.chance(0.6) ? $0 % 8 : $0 })
            let record = writer.bytes
            let isTypedOrRead = { (body: () throws -> Void) -> Bool in
                if (try? body()) != nil { return true }
                return throwsTyped(body)
            }
            let place = "seed \(seed), round \(round)"
            #expect(isTypedOrRead { try decodeEdge(record) }, "\(place)")
            let asProperties = isTypedOrRead {
                _ = try GraphRecords.decodeProperties(record.span.bytes)
            }
            #expect(asProperties, "\(place)")
        }
    }

    @Test func shortKeysAreErrors() throws {
        let vocabulary = try Fixture().store.vocabulary
        for length in 0..<27 {
            let key = [UInt8](repeating: 0, count: length)
            let isError = throwsTyped {
                _ = try GraphRecords.readEdgeKey(key.span.bytes, vocabulary: vocabulary)
            }
            #expect(isError, "\(length) bytes")
        }
    }
}
