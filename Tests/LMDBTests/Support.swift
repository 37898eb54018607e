import Foundation
import LMDB
import TestSupport
import Testing

/// Options with a map small enough for any machine and sanitizer.
func smallOptions(megabytes: Int = 64) -> Environment.Options {
    var options = Environment.Options()
    options.mapSizeBytes = megabytes << 20
    return options
}

/// The same, for reading only.
func readOnly(megabytes: Int = 64) -> Environment.Options {
    var options = smallOptions(megabytes: megabytes)
    options.readOnly = true
    return options
}

/// An open environment with table "t" in a folder of its own.
struct Fixture: Sendable {
    let folder: TemporaryFolder
    let environment: Environment
    var table: Table { environment.table("t") }
    var path: String { folder("db") }
    var file: String { folder("db/data.mdb") }

    /// Opens a new database below `parent`, or below the system's folder for temporary files.
    ///
    /// A test of a process that is killed gives a folder of its own process, which removes it.
    init(
        _ tables: [String] = ["t"], in parent: String? = nil,
        options: Environment.Options = smallOptions()
    ) throws {
        folder = try TemporaryFolder(in: parent)
        environment = try Environment(
            path: folder("db"), tables: tables, options: options)
    }

    /// All entries in key order.
    func entries() throws -> [[[UInt8]]] {
        try environment.read { transaction in try allEntries(transaction, table) }
    }
}

func allEntries(
    _ transaction: borrowing some ReadingTransaction & ~Copyable, _ table: Table
) throws -> [[[UInt8]]] {
    var entries: [[[UInt8]]] = []
    try transaction.scan(table, from: [], to: nil) { key, value in
        entries.append([Array(copying: key), Array(copying: value)])
        return true
    }
    return entries
}

/// The code of the `LMDBError` that `body` throws; nil if it throws none.
func code(_ body: () throws -> Void) -> LMDBError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? LMDBError)?.code
    }
}

/// The code of the `LMDBError` that `body` throws; nil if it throws none.
func code(_ body: () async throws -> Void) async -> LMDBError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? LMDBError)?.code
    }
}

/// The permission bits of a file or directory.
func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int) & 0o777
}

func contents(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// An error of the tests' own, to abort a transaction with.
struct Stop: Error, Equatable {
    var number = 0
}

/// Waits until a condition holds.
///
/// After 120,000 looks, which take two minutes or more, the test fails instead of hanging.
func eventually(
    _ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    for _ in 0..<120_000 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    Issue.record("The condition did not come to hold.", sourceLocation: sourceLocation)
}

/// Calls `body` outside an async function, where waiting and the blocking `write` are allowed.
func blocking<T>(_ body: () throws -> T) rethrows -> T { try body() }
