import Foundation
import LMDB
import Testing

/// Writes take effect in the order they were asked for, alone or in groups.
@Suite struct OrderTests {
    @Test func writesOfOneTaskKeepTheirOrder() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        for number in 0..<200 {
            let byte = UInt8(number)
            if number % 3 == 0 {
                try blocking { try environment.write { try $0.put([byte], for: [1], in: table) } }
            } else {
                try await environment.write { try $0.put([byte], for: [1], in: table) }
            }
            // Durable and visible as soon as the call returns.
            let seen = try environment.read { try $0.bytes(for: [1], in: table) }
            #expect(seen == [byte])
        }
    }

    @Test func everyWriteSeesAllThatWereCommittedBefore() async throws {
        // A counter that each body reads and raises: no increment may be lost, none counted twice
        // although some bodies fail and their neighbours run again.
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        let results = await withTaskGroup(of: UInt32?.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    try? await environment.write { transaction -> UInt32 in
                        let before = try counter(transaction, table)
                        var writer = ByteWriter(capacity: 8)
                        writer.appendUInt32(before + 1)
                        let record = writer.bytes
                        try transaction.put(record, for: [1], in: table)
                        if number % 50 == 7 { throw Stop(number: number) }
                        return before + 1
                    }
                }
            }
            var results: [UInt32?] = []
            for await result in group { results.append(result) }
            return results
        }
        // More bodies than one group holds, each answer given once.
        let answers = results.compactMap(\.self).sorted()
        #expect(answers == Array(1...980))
        let last = try environment.read { try counter($0, table) }
        #expect(last == 980)
    }

    @Test func blockingWritesOfManyThreadsLoseNothing() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        let done = DispatchSemaphore(value: 0)
        for thread: UInt8 in 0..<8 {
            Thread {
                for byte: UInt8 in 0..<50 {
                    try? environment.write { try $0.put([thread], for: [thread, byte], in: table) }
                }
                done.signal()
            }.start()
        }
        for _ in 0..<8 { blocking { done.wait() } }
        let entries = try fixture.entries()
        let expected: [[UInt8]] = (0..<8).flatMap { thread in (0..<50).map { [thread, $0] } }
        #expect(entries.map { $0[0] } == expected)
    }

    @Test func closingFinishesWhatIsQueued() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        let running = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        let writer = Thread {
            try? environment.write { transaction in
                running.signal()
                goOn.wait()
                try transaction.put([1], for: [1], in: table)
            }
        }
        writer.start()
        blocking { running.wait() }
        let closer = Thread { environment.close() }
        closer.start()
        try await eventually { code { try environment.read { _ in } } != nil }
        goOn.signal()
        environment.close()
        let again = try Environment(path: fixture.path, tables: ["t"], options: smallOptions())
        let value = try again.read { try $0.bytes(for: [1], in: again.table("t")) }
        #expect(value == [1])
    }
}

/// The counter stored under key 1; 0 before the first.
private func counter(
    _ transaction: borrowing some ReadingTransaction & ~Copyable, _ table: Table
) throws -> UInt32 {
    try transaction.value(for: [1], in: table) { span in
        try ByteReader.reading(span) { reader in try reader.readUInt32() }
    } ?? 0
}
