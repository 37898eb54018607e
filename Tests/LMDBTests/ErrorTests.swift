import Testing

@testable import LMDB

@Suite struct ErrorTests {
    /// Every code that lmdb.h names, and some of the system's.
    private static let mapping: [(Int32, LMDBError.Code)] = [
        (-30799, .keyOrder), (-30798, .notFound), (-30797, .corrupted), (-30796, .corrupted),
        (-30795, .io(errno: 5)), (-30794, .versionMismatch), (-30793, .notADatabase),
        (-30792, .mapFull), (-30791, .other(-30791)), (-30790, .readersFull),
        (-30789, .other(-30789)), (-30788, .transactionFull), (-30787, .corrupted),
        (-30786, .corrupted), (-30785, .mapFull), (-30784, .incompatible),
        (-30783, .other(-30783)), (-30782, .other(-30782)), (-30781, .valueSize),
        (-30780, .other(-30780)), (-1, .other(-1)), (0, .other(0)), (1, .permission),
        (2, .notFound), (5, .io(errno: 5)), (11, .io(errno: 11)), (12, .io(errno: 12)),
        (13, .permission), (17, .alreadyExists), (22, .io(errno: 22)), (28, .diskFull),
        (30, .permission), (.max, .io(errno: .max)), (.min, .other(.min)),
    ]

    @Test(arguments: mapping)
    func everyCodeHasAnError(_ number: Int32, _ expected: LMDBError.Code) {
        let error = lmdbError(number, "test")
        #expect(error.code == expected)
        #expect(error.message.hasPrefix("Could not test: "))
        #expect(error.message.hasSuffix("."))
        #expect(error.description.hasPrefix("LMDB "))
    }

    @Test func onlyDamageAndPanicPoison() {
        for (number, code) in Self.mapping {
            #expect(stopsWrites(number) == (code == .corrupted || number == -30795), "\(number)")
        }
    }

    @Test func errorsCompareByCodeAndMessage() {
        #expect(LMDBError(.closed, "a") == LMDBError(.closed, "a"))
        #expect(LMDBError(.closed, "a") != LMDBError(.closed, "b"))
        #expect(LMDBError(.io(errno: 1), "a") != LMDBError(.io(errno: 2), "a"))
        #expect(LMDBError(.mapFull, "A sentence.").description == "LMDB mapFull: A sentence.")
    }

    @Test func aPoisonedEnvironmentReadsButDoesNotWrite() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        try await environment.write { try $0.put([1], for: [1], in: table) }
        #expect(!environment.refusesWrites)
        // MDB_CORRUPTED, as LMDB would report it from any call.
        let damage = environment.handle.failure(-30796, "test")
        #expect(damage.code == .corrupted)
        #expect(environment.refusesWrites)
        let written = await code { try await environment.write { _ in } }
        #expect(written == .corrupted)
        let blocked = writeBlocking(environment)
        #expect(blocked == .corrupted)
        let entries = try fixture.entries()
        #expect(entries == [[[1], [1]]])
        environment.close()
        // A new environment forms its own opinion.
        let again = try Environment(path: fixture.path, tables: ["t"], options: smallOptions())
        try await again.write { try $0.put([2], for: [2], in: again.table("t")) }
    }

    private func writeBlocking(_ environment: Environment) -> LMDBError.Code? {
        code { try environment.write { _ in } }
    }

    @Test func aDiskThatFailsACommitIsNotAskedAgain() async throws {
        let fixture = try Fixture()
        let environment = fixture.environment
        func failure(_ code: Int32, _ number: Int32) -> LMDBError.Code {
            environment.handle.commitFailure(code, errno: number).code
        }
        #expect(failure(12, 12) == .io(errno: 12))
        #expect(failure(28, 28) == .diskFull)
        #expect(!environment.refusesWrites)
        // Also while the disk is nearly full: the system has said EIO.
        #expect(failure(5, 5) == .io(errno: 5))
        #expect(environment.refusesWrites)
        do {
            try await environment.write { _ in }
            Issue.record("A write succeeded after the disk had failed.")
        } catch let error as LMDBError {
            #expect(error.code == .io(errno: 5))
            #expect(error.message.contains("until the program is started again"))
        }
        #expect(try fixture.entries().isEmpty)
    }

    @Test func otherFailuresDoNotPoison() throws {
        let fixture = try Fixture()
        for (number, _) in Self.mapping where !stopsWrites(number) {
            _ = fixture.environment.handle.failure(number, "test")
        }
        #expect(!fixture.environment.refusesWrites)
    }

    @Test func messagesHoldNoKeysAndNoValues() throws {
        let fixture = try Fixture(options: smallOptions(megabytes: 1))
        let table = fixture.table
        let secret = Array("alice@example.com".utf8)
        let long = Array(String(repeating: "alice@example.com", count: 40).utf8)
        let attempts: [(borrowing WriteTransaction) throws -> Void] = [
            { try $0.put([], for: long, in: table) },
            { try $0.scan(table, prefix: long) { _, _ in true } },
            { transaction in
                try transaction.put([], for: secret + secret, in: table)
                try transaction.append(secret, for: secret, in: table)
            },
            { transaction in
                let value = [[UInt8]](repeating: secret, count: 200_000).flatMap { $0 }
                try transaction.put(value, for: secret, in: table)
            },
            { transaction in
                try transaction.put(secret, for: secret, in: table)
                _ = try transaction.value(for: secret, in: table) { span in
                    try ByteReader.reading(span) { _ = try $0.readRaw(1000) }
                }
            },
            { transaction in
                try transaction.put(secret, for: secret, in: table)
                try transaction.scan(table, prefix: secret) { _, _ in
                    try transaction.remove(secret, in: table)
                }
            },
        ]
        let expected: [LMDBError.Code] = [
            .keySize, .keySize, .keyOrder, .mapFull, .corruptRecord, .borrowed,
        ]
        for (attempt, expected) in zip(attempts, expected) {
            do {
                try fixture.environment.write(attempt)
                Issue.record("An attempt that should give \(expected) succeeded.")
            } catch let error as LMDBError {
                #expect(error.code == expected)
                #expect(!error.description.contains("alice"))
            }
        }
    }
}
