import CLMDB
import Foundation

/// Opens the environment in directory `path`, after checks that LMDB does not make.
func openEnvironment(
    _ path: String, _ options: Environment.Options, tableCount: Int
) throws(LMDBError) -> EnvironmentHandle {
    try checkLibraryVersion()
    guard !path.isEmpty, !path.utf8.contains(0) else {
        throw LMDBError(.notFound, "A database path is empty or contains a zero byte.")
    }
    guard options.mapSizeBytes > 0, options.maximumTables >= 0, options.maximumReaders > 0 else {
        throw LMDBError(.other(EINVAL), "A size in the options for \(path) is not positive.")
    }
    if !options.readOnly { try makeDirectory(path) }
    try checkFileSystem(path)
    // If this process has locked the directory exclusively, its environments need no lock.
    let isHeld = EnvironmentRegistry.shared.isHeld(folder: path)
    let lock =
        isHeld ? nil : try DirectoryLock(path, for: options.readOnly ? .reading : .writing)
    do {
        return try openLocked(path, options, tableCount: tableCount, lock)
    } catch {
        lock?.release()
        throw error
    }
}

private func openLocked(
    _ path: String, _ options: Environment.Options, tableCount: Int, _ lock: DirectoryLock?
) throws(LMDBError) -> EnvironmentHandle {
    let file = path + "/data.mdb"
    if !options.readOnly { removeUnfinished(in: path) }
    if access(file, F_OK) != 0 {
        if options.readOnly { throw lmdbError(errno, "open \(file)") }
        try createDatabase(in: path)
    }
    if options.readOnly, lock != nil { try checkLockFile(path) }
    // Claimed before the file is opened: closing a file that LMDB uses would release LMDB's locks.
    let claim = try EnvironmentRegistry.shared.claim(file)
    do {
        try checkDatabaseFile(file)
        let raw = try openRaw(path, options, tableCount: tableCount)
        return EnvironmentHandle(
            raw: raw, path: path, isReadOnly: options.readOnly, claim: claim, lock: lock)
    } catch {
        EnvironmentRegistry.shared.release(claim)
        throw error
    }
}

/// Refuses to read while a process writes whose `lock.mdb` was deleted: that process would not see
/// this reader, and would reuse the pages of its snapshot.
private func checkLockFile(_ path: String) throws(LMDBError) {
    guard access(path + "/lock.mdb", F_OK) != 0,
        let process = DirectoryLock.writerProcess(of: path)
    else { return }
    throw LMDBError(
        .inUse(pid: process),
        "The file lock.mdb in \(path) was deleted while process \(process) has it open. "
            + "Restart that process.")
}

/// Opens the tables `names`.
///
/// No other transaction may run meanwhile.
func openTables(
    _ names: [String], isChecksummed: Bool, in handle: EnvironmentHandle
) throws(LMDBError) -> [String: Table] {
    var transaction: OpaquePointer?
    let begun = mdb_txn_begin(
        handle.raw, nil, UInt32(handle.isReadOnly ? MDB_RDONLY : 0), &transaction)
    guard begun == MDB_SUCCESS, let transaction else {
        throw handle.failure(begun, "open the tables")
    }
    var tables: [String: Table] = [:]
    for name in names {
        do {
            tables[name] = try openTable(name, isChecksummed, transaction, handle)
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
    }
    // An abort would close the tables again, even after a read.
    let code = mdb_txn_commit(transaction)
    guard code == MDB_SUCCESS else { throw handle.failure(code, "open the tables") }
    return tables
}

private func openTable(
    _ name: String, _ isChecksummed: Bool, _ transaction: OpaquePointer,
    _ handle: EnvironmentHandle
) throws(LMDBError) -> Table {
    guard !name.utf8.contains(0) else {
        throw LMDBError(.keySize, "The name of a table contains a zero byte.")
    }
    try TransactionContext.check(key: Array(name.utf8))
    var table: MDB_dbi = 0
    let create = UInt32(handle.isReadOnly ? 0 : MDB_CREATE)
    let code = mdb_dbi_open(transaction, name, create, &table)
    guard code == MDB_SUCCESS else { throw handle.failure(code, "open table \(name)") }
    var flags: UInt32 = 0
    let flagsCode = mdb_dbi_flags(transaction, table, &flags)
    guard flagsCode == MDB_SUCCESS else { throw handle.failure(flagsCode, "open table \(name)") }
    guard flags == 0 else {
        throw LMDBError(
            .incompatible, "Table \(name) of \(handle.path) was made with other LMDB flags.")
    }
    return Table(
        name: name, handle: table, environmentIdentifier: handle.identifier,
        isChecksummed: isChecksummed)
}

/// Opens LMDB's environment.
// OpaquePointer: LMDB's MDB_env, which the caller closes with `closeRaw`.
func openRaw(
    _ path: String, _ options: Environment.Options, tableCount: Int
) throws(LMDBError) -> OpaquePointer {
    var created: OpaquePointer?
    var code = mdb_env_create(&created)
    guard code == MDB_SUCCESS, let raw = created else { throw lmdbError(code, "open \(path)") }
    let page = Int(getpagesize())
    let (padded, overflow) = options.mapSizeBytes.addingReportingOverflow(page - 1)
    let size = (overflow ? options.mapSizeBytes : padded) / page * page
    code = mdb_env_set_mapsize(raw, size)
    if code == MDB_SUCCESS {
        let tables = max(options.maximumTables, tableCount)
        code = mdb_env_set_maxdbs(raw, MDB_dbi(clamping: tables))
    }
    if code == MDB_SUCCESS {
        code = mdb_env_set_maxreaders(raw, UInt32(clamping: options.maximumReaders))
    }
    CorruptionHandler.prepare(raw)
    if code == MDB_SUCCESS {
        // MDB_NOTLS: a read belongs to a closure, not to a thread.
        let flags = MDB_NOTLS | (options.readOnly ? MDB_RDONLY : 0)
        code = mdb_env_open(raw, path, UInt32(flags), 0o600)
    }
    if code == MDB_SUCCESS {
        // The slots of killed processes would pin old pages for ever.
        var stale: Int32 = 0
        code = mdb_reader_check(raw, &stale)
    }
    guard code == MDB_SUCCESS else {
        // Required after a failed open too.
        mdb_env_close(raw)
        if code == ENOMEM {
            throw LMDBError(
                .io(errno: ENOMEM),
                "Could not map \(size) bytes for \(path). Open with a smaller mapSizeBytes.")
        }
        throw lmdbError(code, "open \(path)")
    }
    CorruptionHandler.watch(raw, path + "/data.mdb")
    return raw
}

/// Closes what `openRaw` opened.
// OpaquePointer: LMDB's MDB_env, which is invalid afterwards.
func closeRaw(_ raw: OpaquePointer) {
    CorruptionHandler.unwatch(raw)
    mdb_env_close(raw)
}

/// The prefix of the names of folders in which databases are created.
private let unfinishedPrefix = ".new-"

/// Removes what a process left behind if it ended while it created the database.
private func removeUnfinished(in path: String) {
    let manager = FileManager.default
    for name in (try? manager.contentsOfDirectory(atPath: path)) ?? []
    where name.hasPrefix(unfinishedPrefix) {
        try? manager.removeItem(atPath: "\(path)/\(name)")
    }
}

/// Creates a database atomically: so an empty `data.mdb` is always a damaged one.
private func createDatabase(in path: String) throws(LMDBError) {
    let staging = "\(path)/\(unfinishedPrefix)\(UUID().uuidString)"
    guard mkdir(staging, 0o700) == 0 else { throw lmdbError(errno, "create \(staging)") }
    defer {
        unlink(staging + "/data.mdb")
        unlink(staging + "/lock.mdb")
        rmdir(staging)
    }
    var options = Environment.Options()
    options.mapSizeBytes = 1 << 20
    closeRaw(try openRaw(staging, options, tableCount: 0))
    try synchronise(staging + "/data.mdb")
    // A link, not a rename: if another process has created a database meanwhile, that one stays.
    guard link(staging + "/data.mdb", path + "/data.mdb") == 0 || errno == EEXIST else {
        throw lmdbError(errno, "create \(path)/data.mdb")
    }
    try synchronise(path)
}

private func checkLibraryVersion() throws(LMDBError) {
    var major: Int32 = 0
    var minor: Int32 = 0
    var patch: Int32 = 0
    _ = mdb_version(&major, &minor, &patch)
    guard (major, minor) == (0, 9), patch >= 24 else {
        throw LMDBError(
            .versionMismatch,
            "LMDB \(Environment.version) is in use; 0.9.24 or a later 0.9 is needed.")
    }
}
