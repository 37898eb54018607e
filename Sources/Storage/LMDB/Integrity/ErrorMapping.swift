import CLMDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The text of an `errno` or LMDB code.
func describe(_ code: Int32) -> String {
    // mdb_strerror returns a static C string for LMDB's codes and for those of the system.
    guard let text = mdb_strerror(code) else { return "code \(code)" }
    return String(cString: text)
}

/// The error for a code that LMDB returned: one of its own (negative) or an `errno` (positive).
///
/// `action` completes the sentence "Could not …" and contains no keys or values.
func lmdbError(_ code: Int32, _ action: String) -> LMDBError {
    let text = describe(code)
    switch code {
    case MDB_MAP_FULL:
        return LMDBError(
            .mapFull, "Could not \(action): the map is full. Open with a larger mapSizeBytes.")
    case MDB_MAP_RESIZED:
        return LMDBError(
            .mapFull,
            "Could not \(action): another process made the database larger than this map. "
                + "Open again with its mapSizeBytes.")
    case MDB_READERS_FULL:
        return LMDBError(
            .readersFull,
            "Could not \(action): all reader slots are taken. Open with more maximumReaders.")
    case MDB_NOTFOUND: return LMDBError(.notFound, "Could not \(action): not found.")
    case MDB_BAD_VALSIZE:
        return LMDBError(.valueSize, "Could not \(action): a key or value has a bad size.")
    case MDB_PANIC:
        // After the last write of a commit has failed, LMDB refuses reads too. The file is intact.
        return LMDBError(
            .io(errno: EIO),
            "Could not \(action): the disk failed to write the first pages of the database. Check "
                + "the disk, then start the program again.")
    case _ where stopsWrites(code):
        return LMDBError(
            .corrupted, "Could not \(action): \(text). Stop writing and restore a backup.")
    case MDB_VERSION_MISMATCH:
        return LMDBError(.versionMismatch, "Could not \(action): \(text).")
    case MDB_INVALID:
        return LMDBError(.notADatabase, "Could not \(action): the file is not an LMDB database.")
    case MDB_INCOMPATIBLE: return LMDBError(.incompatible, "Could not \(action): \(text).")
    case MDB_TXN_FULL:
        return LMDBError(
            .transactionFull,
            "Could not \(action): the transaction changed too many pages. Split it into batches.")
    case MDB_KEYEXIST: return LMDBError(.keyOrder, "Could not \(action): \(text).")
    case ENOSPC, EDQUOT:
        return LMDBError(
            .diskFull, "Could not \(action): the disk is full. Free space and try again.")
    case EACCES, EPERM, EROFS: return LMDBError(.permission, "Could not \(action): \(text).")
    case ENOENT: return LMDBError(.notFound, "Could not \(action): \(text).")
    case EEXIST: return LMDBError(.alreadyExists, "Could not \(action): \(text).")
    case 1...: return LMDBError(.io(errno: code), "Could not \(action): \(text).")
    default: return LMDBError(.other(code), "Could not \(action): \(text).")
    }
}

/// Whether an environment must refuse all writes after an LMDB code.
func stopsWrites(_ code: Int32) -> Bool {
    switch code {
    // An intact tree never reaches the limits of the last two.
    case MDB_PANIC, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_CURSOR_FULL, MDB_PAGE_FULL: true
    default: false
    }
}
