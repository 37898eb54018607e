import LMDB
import Testing

/// What a function over ``ReadingTransaction`` may expect, whichever kind it gets.
@Suite struct ReadingTests {
    /// Looks at a table in every way there is.
    private func survey(
        _ transaction: borrowing some ReadingTransaction & ~Copyable, _ table: Table
    ) throws -> [String] {
        var lines = ["count \(try transaction.count(table))"]
        try transaction.scan(table, from: [2], to: [4]) { key, value in
            lines.append("\(Array(copying: key)) \(Array(copying: value))")
            return true
        }
        try transaction.scan(table, from: [2], to: nil, reversed: true) { key, _ in
            lines.append("back \(Array(copying: key))")
            return true
        }
        try transaction.scan(table, prefix: [3]) { key, _ in
            lines.append("prefix \(Array(copying: key))")
            return false
        }
        lines.append("\(try transaction.bytes(for: [2], in: table) ?? [])")
        lines.append("\(try transaction.contains([3, 1], in: table))")
        lines.append("\(try transaction.contains([3, 2], in: table))")
        lines.append("\(try transaction.value(for: [4], in: table) { $0.byteCount } ?? -1)")
        return lines
    }

    private let expected = [
        "count 5", "[2] [20]", "[3] [30]", "[3, 1] [31]", "back [4]", "back [3, 1]", "back [3]",
        "back [2]", "prefix [3]", "[20]", "true", "false", "2",
    ]

    @Test func bothKindsOfTransactionShowTheSame() throws {
        let fixture = try Fixture()
        let table = fixture.table
        let inside = try fixture.environment.write { transaction -> [String] in
            try transaction.put([10], for: [1], in: table)
            try transaction.put([20], for: [2], in: table)
            try transaction.put([30], for: [3], in: table)
            try transaction.put([31], for: [3, 1], in: table)
            try transaction.put([40, 41], for: [4], in: table)
            return try survey(transaction, table)
        }
        #expect(inside == expected)
        let outside = try fixture.environment.read { try survey($0, table) }
        #expect(outside == expected)
    }

    @Test func aReadOnlyEnvironmentShowsTheSame() throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { transaction in
            for (key, value) in [([1], [10]), ([2], [20]), ([3], [30])] as [([UInt8], [UInt8])] {
                try transaction.put(value, for: key, in: table)
            }
        }
        let before = try fixture.environment.read { try survey($0, table) }
        fixture.environment.close()
        var options = smallOptions()
        options.readOnly = true
        let readOnly = try Environment(path: fixture.path, tables: ["t"], options: options)
        let after = try readOnly.read { try survey($0, readOnly.table("t")) }
        #expect(after == before)
    }

    @Test func valuesAreReadWhateverTheirAlignment() throws {
        // LMDB aligns values to two bytes at best; keys of all lengths give all residues.
        let fixture = try Fixture()
        let table = fixture.table
        let numbers = (1...64).map { UInt64($0) &* 0x0102_0304_0506_0708 }
        try fixture.environment.write { transaction in
            for (index, number) in numbers.enumerated() {
                var writer = ByteWriter()
                for _ in 0..<(index % 8) { writer.appendUInt8(0) }
                writer.appendUInt64(number)
                let key = [UInt8](repeating: UInt8(index), count: index + 1)
                try transaction.put(writer.bytes, for: key, in: table)
            }
        }
        try fixture.environment.read { transaction in
            for (index, number) in numbers.enumerated() {
                let key = [UInt8](repeating: UInt8(index), count: index + 1)
                let found = try transaction.value(for: key, in: table) { span in
                    try ByteReader.reading(span) { reader in
                        _ = try reader.readRaw(index % 8)
                        return try reader.readUInt64()
                    }
                }
                #expect(found == number)
            }
        }
    }

    @Test func whatWasCopiedOutOutlivesTheTransaction() throws {
        let fixture = try Fixture()
        let table = fixture.table
        let value = [UInt8](repeating: 7, count: 100)
        try fixture.environment.write { try $0.put(value, for: [1], in: table) }
        let kept = try fixture.environment.read { try $0.bytes(for: [1], in: table) }
        // Enough commits that LMDB reuses the page the value came from.
        for round: UInt8 in 0..<10 {
            try fixture.environment.write { transaction in
                try transaction.put([UInt8](repeating: round, count: 100), for: [1], in: table)
            }
        }
        #expect(kept == value)
    }

    @Test func aLongReadKeepsItsStateThroughManyWrites() throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { transaction in
            for byte: UInt8 in 0..<100 { try transaction.put([0], for: [byte], in: table) }
        }
        try fixture.environment.read { transaction in
            let before = try allEntries(transaction, table)
            var seen = 0
            try transaction.scan(table, prefix: []) { key, value in
                let copy = Array(copying: key)
                try fixture.environment.write { writing in
                    try writing.put([1], for: copy, in: table)
                    try writing.remove([99 - copy[0]], in: table)
                }
                seen += 1
                return Array(copying: value) == [0]
            }
            #expect(seen == 100)
            let after = try allEntries(transaction, table)
            #expect(before == after)
        }
        let entries = try fixture.entries()
        #expect(entries.count == 50)
    }

    @Test func manyReadsAtOnceEachHaveASlot() async throws {
        var options = smallOptions()
        options.maximumReaders = 256
        let fixture = try Fixture(options: options)
        let (environment, table) = (fixture.environment, fixture.table)
        try await environment.write { try $0.put([1], for: [1], in: table) }
        // 100 nested reads on each of two threads or more, several times over.
        @Sendable func nest(_ depth: Int) throws -> Int {
            try environment.read { transaction in
                try transaction.count(table) + (depth > 1 ? try nest(depth - 1) : 0)
            }
        }
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try nest(100) } }
            return try await group.reduce(0, +)
        }
        #expect(total == 20 * 100)
    }
}
