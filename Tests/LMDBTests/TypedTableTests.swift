import LMDB
import TestSupport
import Testing

/// A struct as somebody who uses the library writes it.
private struct Order: ValueCodable, Equatable {
    var item: String
    var price: Double
    var vector: [Float] = []
    var note: String?

    func encodeValue(to writer: inout ByteWriter) {
        item.encodeValue(to: &writer)
        price.encodeValue(to: &writer)
        vector.encodeValue(to: &writer)
        note.encodeValue(to: &writer)
    }

    init(item: String, price: Double, vector: [Float] = [], note: String? = nil) {
        self.item = item
        self.price = price
        self.vector = vector
        self.note = note
    }

    init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        item = try String(decodingValue: &reader)
        price = try Double(decodingValue: &reader)
        vector = try [Float](decodingValue: &reader)
        note = try String?(decodingValue: &reader)
    }
}

/// Tables of typed keys and values.
@Suite struct TypedTableTests {
    private typealias Orders = TypedTable<Pair<String, Int>, Order>

    private func filled() throws -> (fixture: Fixture, orders: Orders) {
        let fixture = try Fixture()
        let orders = Orders(fixture.table)
        try fixture.environment.write { transaction in
            for (customer, number) in [("bob", 1), ("ann", 2), ("ann", -1), ("an", 9), ("ann", 1)] {
                try transaction.put(
                    Order(item: "\(customer)'s \(number)", price: Double(number)),
                    for: Pair(customer, number), in: orders)
            }
        }
        return (fixture, orders)
    }

    private func keys(
        _ fixture: Fixture, _ orders: Orders, _ range: KeyRange<Pair<String, Int>>,
        reversed: Bool = false
    ) throws -> [String] {
        try fixture.environment.read { transaction in
            var keys: [String] = []
            try transaction.scan(orders, range, reversed: reversed) { key, order in
                #expect(order.item == "\(key.first)'s \(key.second)")
                keys.append("\(key.first) \(key.second)")
                return true
            }
            #expect(try transaction.count(orders, range) == keys.count)
            let first = try transaction.first(orders, range)
            let last = try transaction.last(orders, range)
            let ends = [first, last].map { $0.map { "\($0.key.first) \($0.key.second)" } }
            #expect(ends == (reversed ? [keys.last, keys.first] : [keys.first, keys.last]))
            return keys
        }
    }

    @Test func valuesComeBackAsTheyWerePut() throws {
        let (fixture, orders) = try filled()
        let order = Order(
            item: "tea 🍵", price: .nan, vector: [.infinity, -0.0, 1.5], note: "with \0 in it")
        try fixture.environment.write { transaction in
            try transaction.put(order, for: Pair("", .max), in: orders)
            // A write transaction sees its own changes.
            #expect(try transaction.value(for: Pair("", .max), in: orders)?.item == "tea 🍵")
        }
        try fixture.environment.read { transaction in
            let read = try #require(try transaction.value(for: Pair("", .max), in: orders))
            #expect(read.item == order.item && read.note == order.note && read.price.isNaN)
            #expect(read.vector.map(\.bitPattern) == order.vector.map(\.bitPattern))
            #expect(try transaction.value(for: Pair("", .min), in: orders) == nil)
            #expect(try transaction.contains(Pair("ann", -1), in: orders))
            #expect(try !transaction.contains(Pair("ann", 3), in: orders))
            #expect(try transaction.count(orders) == 6)
        }
    }

    @Test func rangesAreInTheOrderOfTheirKeys() throws {
        let (fixture, orders) = try filled()
        let all = ["an 9", "ann -1", "ann 1", "ann 2", "bob 1"]
        #expect(try keys(fixture, orders, .all) == all)
        #expect(try keys(fixture, orders, .all, reversed: true) == all.reversed())
        #expect(try keys(fixture, orders, KeyRange()) == all)
        let annOne = Pair("ann", 1)
        #expect(try keys(fixture, orders, KeyRange(from: annOne)) == Array(all[2...]))
        #expect(try keys(fixture, orders, KeyRange(upTo: annOne)) == Array(all[..<2]))
        #expect(try keys(fixture, orders, KeyRange(through: annOne)) == Array(all[...2]))
        #expect(try keys(fixture, orders, KeyRange(from: annOne, through: annOne)) == ["ann 1"])
        #expect(try keys(fixture, orders, KeyRange(from: annOne, upTo: annOne)).isEmpty)
        let years = KeyRange(from: Pair("ann", 0), upTo: Pair("ann", 2))
        #expect(try keys(fixture, orders, years) == ["ann 1"])
    }

    @Test func aFirstPartIsAPrefix() throws {
        let (fixture, orders) = try filled()
        #expect(
            try keys(fixture, orders, KeyRange(beginningWith: "ann"))
                == ["ann -1", "ann 1", "ann 2"])
        #expect(
            try keys(fixture, orders, KeyRange(beginningWith: "ann"), reversed: true)
                == ["ann 2", "ann 1", "ann -1"])
        // Not a prefix of the text: "ann" and "an" are different customers.
        #expect(try keys(fixture, orders, KeyRange(beginningWith: "an")) == ["an 9"])
        #expect(try keys(fixture, orders, KeyRange(beginningWith: "a")).isEmpty)
        #expect(try keys(fixture, orders, KeyRange(beginningWith: "")).isEmpty)
    }

    @Test func aScanStopsWhenItsBodyHasEnough() throws {
        let (fixture, orders) = try filled()
        try fixture.environment.read { transaction in
            var seen = 0
            try transaction.scan(orders) { _, _ in
                seen += 1
                return seen < 2
            }
            #expect(seen == 2)
            #expect(throws: Stop.self) {
                try transaction.scan(orders) { _, _ in throw Stop() }
            }
        }
    }

    @Test func removingTakesAKeyOrARange() throws {
        let (fixture, orders) = try filled()
        let removed = try fixture.environment.write { transaction in
            [
                try transaction.removeRange(KeyRange(from: Pair("ann", 1)), in: orders),
                try transaction.remove(Pair("bob", 1), in: orders) ? 1 : 0,
                try transaction.removeRange(KeyRange(beginningWith: "an"), in: orders),
                try transaction.remove(Pair("ann", -1), in: orders) ? 1 : 0,
                try transaction.remove(Pair("ann", -1), in: orders) ? 1 : 0,
            ]
        }
        #expect(removed == [3, 0, 1, 1, 0])
        #expect(try fixture.entries().isEmpty)
        let again = try filled()
        let all = try again.fixture.environment.write { transaction in
            let all = try transaction.removeRange(.all, in: again.orders)
            #expect(try transaction.last(again.orders) == nil)
            return all
        }
        #expect(all == 5)
        #expect(try fixture.entries().isEmpty)
    }

    @Test func everyKindOfValueComesBack() throws {
        func check<Value: ValueCodable & Equatable>(_ values: Value...) throws {
            let fixture = try Fixture()
            let table = TypedTable<Int, Value>(fixture.table)
            try fixture.environment.write { transaction in
                for (key, value) in values.enumerated() {
                    try transaction.put(value, for: key, in: table)
                }
            }
            let back = try fixture.environment.read { transaction in
                try values.indices.map { try transaction.value(for: $0, in: table) }
            }
            #expect(back == values)
        }
        try check(UInt8.min, .max)
        try check(UInt16.max, 1)
        try check(UInt32.max, 1)
        try check(UInt64.max, 1)
        try check(UInt.max, 0)
        try check(Int8.min, .max, -1)
        try check(Int16.min, -1)
        try check(Int32.min, -1)
        try check(Int64.min, .max)
        try check(Int.min, -1, 0, .max)
        try check(true, false)
        try check(Float(0.1), -.infinity)
        try check(0.1, -.infinity, .leastNonzeroMagnitude)
        try check("", "ä\0", String(repeating: "x", count: 5000))
        try check([UInt8](), [0, 255], [UInt8](repeating: 7, count: 5000))
        try check([Float](), [1, 2.5])
        try check(["a", ""], [])
        try check([[1, 2], []], [[Int]]())
        try check(Int?.none, 5)
        try check(String??.none, .some(nil), .some("a"))
    }

    @Test func aValueOfAnotherTypeIsAnError() throws {
        let fixture = try Fixture()
        let texts = TypedTable<Int, String>(fixture.table)
        try fixture.environment.write { try $0.put("twelve", for: 12, in: texts) }
        func fails<Value: ValueCodable>(_ type: Value.Type) -> Bool {
            code {
                try fixture.environment.read {
                    _ = try $0.value(for: 12, in: TypedTable<Int, Value>(fixture.table))
                }
            } == .corruptRecord
        }
        #expect(fails(Int.self))
        #expect(fails(UInt8.self))
        #expect(fails(Bool.self))
        #expect(fails([String].self))
        #expect(fails([[Float]].self))
        let keys = TypedTable<UInt8, String>(fixture.table)
        #expect(code { try fixture.environment.read { _ = try $0.first(keys) } } == .corruptRecord)
    }

    @Test func aLengthBeyondTheRecordTakesNoMemory() throws {
        let fixture = try Fixture()
        var writer = ByteWriter()
        writer.appendVarint(1 << 62)
        let record = writer.bytes
        try fixture.environment.write { try $0.put(record, for: [1], in: fixture.table) }
        let table = TypedTable<UInt8, [UInt64]>(fixture.table)
        let failure = code { try fixture.environment.read { _ = try $0.value(for: 1, in: table) } }
        #expect(failure == .corruptRecord)
    }

    @Test func keysThatAreTooLongAreErrors() throws {
        let fixture = try Fixture()
        let table = TypedTable<String, Int>(fixture.table)
        let longest = String(repeating: "x", count: 510)
        try fixture.environment.write { try $0.put(1, for: longest, in: table) }
        let tooLong = longest + "x"
        #expect(
            code { try fixture.environment.write { try $0.put(1, for: tooLong, in: table) } }
                == .keySize)
        try fixture.environment.read { transaction in
            let one = try transaction.value(for: longest, in: table)
            #expect(one == 1)
            #expect(code { _ = try transaction.contains(tooLong, in: table) } == .keySize)
            let range = KeyRange(from: tooLong)
            #expect(code { _ = try transaction.first(table, range) } == .keySize)
        }
    }

    @Test func changingInsideAScanIsAnError() throws {
        let (fixture, orders) = try filled()
        let failure = code {
            try fixture.environment.write { transaction in
                try transaction.scan(orders) { key, _ in try transaction.remove(key, in: orders) }
            }
        }
        #expect(failure == .borrowed)
        #expect(try keys(fixture, orders, .all).count == 5)
    }

    @Test func awaitedWritesUseTypedTablesToo() async throws {
        let fixture = try Fixture()
        let table = TypedTable<UInt16, [Float]>(fixture.table)
        let environment = fixture.environment
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number: UInt16 in 0..<50 {
                group.addTask {
                    try await environment.write { transaction in
                        try transaction.put([Float(number)], for: number, in: table)
                    }
                }
            }
            try await group.waitForAll()
        }
        try blocking {
            try environment.read { transaction in
                let count = try transaction.count(table, KeyRange(from: 10, through: 19))
                let last = try transaction.last(table)
                #expect(count == 10 && last?.value == [49])
            }
        }
    }

    /// Random operations against a dictionary whose keys are sorted when it is asked.
    @Test(arguments: UInt64(0)..<20) func aTableDoesWhatADictionaryDoes(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try Fixture()
        let table = TypedTable<Double, String>(fixture.table)
        var model: [Double: String] = [:]
        for _ in 0..<40 {
            try fixture.environment.write { transaction in
                for _ in 0..<20 {
                    let key = Double(Int64(generator.next() % 41) - 20) / 4
                    switch generator.next() % 10 {
                    case 0..<6:
                        let value = "\(generator.next() % 100)"
                        try transaction.put(value, for: key, in: table)
                        model[key] = value
                    case 6..<9:
                        let wasThere = model.removeValue(forKey: key) != nil
                        #expect(try transaction.remove(key, in: table) == wasThere, "seed \(seed)")
                    default:
                        let gone = model.keys.filter { key <= $0 && $0 < key + 1 }
                        let range = KeyRange(from: key, upTo: key + 1)
                        let count = try transaction.removeRange(range, in: table)
                        #expect(count == gone.count, "seed \(seed)")
                        for key in gone { model[key] = nil }
                    }
                }
            }
            try fixture.environment.read { transaction in
                var found: [(Double, String)] = []
                try transaction.scan(table) { key, value in
                    found.append((key, value))
                    return true
                }
                #expect(found.map(\.0) == model.keys.sorted(), "seed \(seed)")
                #expect(found.map(\.1) == model.sorted { $0.key < $1.key }.map(\.value))
                let range = KeyRange(from: -1.0, through: 1.0)
                let inside = model.keys.filter { (-1...1).contains($0) }
                #expect(try transaction.count(table, range) == inside.count, "seed \(seed)")
                #expect(try transaction.first(table, range)?.key == inside.min(), "seed \(seed)")
                #expect(try transaction.last(table, range)?.key == inside.max(), "seed \(seed)")
            }
        }
    }
}
