import LMDB
import TestSupport
import Testing

/// Random operations, each compared with the same on a plain sorted array.
@Suite struct ModelTests {
    /// What a table should be: entries in key order.
    private struct Model: Equatable {
        var entries: [[[UInt8]]] = []

        func index(_ key: [UInt8]) -> Int {
            entries.firstIndex { !$0[0].lexicographicallyPrecedes(key) } ?? entries.count
        }

        func range(_ lower: [UInt8], _ upper: [UInt8]?) -> Range<Int> {
            let start = index(lower)
            return start..<max(start, upper.map(index) ?? entries.count)
        }

        func has(_ key: [UInt8]) -> Bool {
            let index = index(key)
            return index < entries.count && entries[index][0] == key
        }

        mutating func put(_ key: [UInt8], _ value: [UInt8]) {
            let index = index(key)
            if has(key) {
                entries[index][1] = value
            } else {
                entries.insert([key, value], at: index)
            }
        }
    }

    private enum Operation {
        case put([UInt8], [UInt8])
        case putIfAbsent([UInt8], [UInt8])
        case append([UInt8], [UInt8])
        case remove([UInt8])
        case removeRange([UInt8], [UInt8]?)
        case removePrefix([UInt8])
        case scan([UInt8], [UInt8]?, Bool, Int)
        case get([UInt8])
    }

    /// Few distinct bytes, so that keys collide and are prefixes of each other.
    private func key(_ generator: inout SeededGenerator, _ lengths: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: lengths, using: &generator)).map { _ in
            [0, 1, 127, 255][Int.random(in: 0..<4, using: &generator)]
        }
    }

    private func operation(_ generator: inout SeededGenerator) -> Operation {
        let key = key(&generator, 1...6)
        // Most values are small, some need pages of their own.
        let isLarge = Int.random(in: 0..<40, using: &generator) == 0
        let value = generator.bytes(isLarge ? 2000...20_000 : 0...60)
        let lower = self.key(&generator, 0...3)
        let isOpen = Int.random(in: 0..<5, using: &generator) == 0
        let upper = isOpen ? nil : self.key(&generator, 0...3)
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<50: return .put(key, value)
        case 50..<58: return .putIfAbsent(key, value)
        case 58..<61: return .append(key, value)
        case 61..<80: return .remove(key)
        case 80..<82: return .removeRange(self.key(&generator, 2...4), self.key(&generator, 2...4))
        case 82: return .removePrefix(self.key(&generator, 2...3))
        case 83..<93:
            let limit = Int.random(in: 1...50, using: &generator)
            return .scan(lower, upper, Bool.random(using: &generator), limit)
        default: return .get(key)
        }
    }

    /// Applies `operation` to both and compares their answers.
    private func apply(
        _ operation: Operation, _ transaction: borrowing WriteTransaction, _ table: Table,
        _ model: inout Model
    ) throws -> Bool {
        switch operation {
        case .put(let key, let value):
            try transaction.put(value, for: key, in: table)
            model.put(key, value)
            return true
        case .putIfAbsent(let key, let value):
            let isNew = !model.has(key)
            if isNew { model.put(key, value) }
            return try transaction.putIfAbsent(value, for: key, in: table) == isNew
        case .append(let key, let value):
            let isGreatest = model.index(key) == model.entries.count
            if isGreatest { model.put(key, value) }
            let refused = code { try transaction.append(value, for: key, in: table) }
            return refused == (isGreatest ? nil : .keyOrder)
        case .remove(let key):
            let wasThere = model.has(key)
            if wasThere { model.entries.remove(at: model.index(key)) }
            return try transaction.remove(key, in: table) == wasThere
        case .removeRange(let lower, let upper):
            let range = model.range(lower, upper)
            model.entries.removeSubrange(range)
            return try transaction.removeRange(from: lower, to: upper, in: table) == range.count
        case .removePrefix(let prefix):
            let count = model.entries.count
            model.entries.removeAll { $0[0].starts(with: prefix) }
            return try transaction.removeAll(prefix: prefix, in: table)
                == count - model.entries.count
        case .scan(let lower, let upper, let reversed, let limit):
            let slice = Array(model.entries[model.range(lower, upper)])
            let expected = Array((reversed ? slice.reversed() : slice).prefix(limit))
            var found: [[[UInt8]]] = []
            try transaction.scan(table, from: lower, to: upper, reversed: reversed) { key, value in
                found.append([Array(copying: key), Array(copying: value)])
                return found.count < limit
            }
            return found == expected
        case .get(let key):
            let expected = model.has(key) ? model.entries[model.index(key)][1] : nil
            return try transaction.bytes(for: key, in: table) == expected
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func aTableIsASortedArray(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try Fixture(options: smallOptions(megabytes: 256))
        let table = fixture.table
        var model = Model()
        for round in 0..<15 {
            let operations = (0..<Int.random(in: 1...150, using: &generator)).map { _ in
                operation(&generator)
            }
            let isUndone = Int.random(in: 0..<5, using: &generator) == 0
            var next = model
            do {
                try fixture.environment.write { transaction in
                    for (step, operation) in operations.enumerated() {
                        let agrees = try apply(operation, transaction, table, &next)
                        #expect(agrees, "seed \(seed), round \(round), step \(step): \(operation)")
                        transaction.checkInvariants()
                    }
                    let agrees = try allEntries(transaction, table) == next.entries
                    #expect(agrees, "seed \(seed), round \(round), before commit")
                    if isUndone { throw Stop() }
                }
                model = next
            } catch is Stop {}
            fixture.environment.checkInvariants()
            let entries = try fixture.entries()
            #expect(entries == model.entries, "seed \(seed), round \(round), after commit")
            let count = try fixture.environment.read { try $0.count(table) }
            #expect(count == model.entries.count)
        }
        fixture.environment.close()
        fixture.environment.checkInvariants()
        #expect(throws: Never.self) { _ = try Environment.verify(file: fixture.file) }
        let audit = try Environment.audit(file: fixture.file)
        #expect(audit.findings == [], "seed \(seed)")
        #expect(audit.records == ["t": model.entries.count], "seed \(seed)")
    }
}
