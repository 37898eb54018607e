/// What went wrong in a database, where, and what to do about it.
///
/// The message names files and tables, never keys or values, so it is safe to log.
///
/// ```swift
/// do {
///     try environment.write { try $0.put(value, for: key, in: table) }
/// } catch let error as LMDBError where error.code == .diskFull {
///     // Free some space, then try again.
/// }
/// ```
public struct LMDBError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kind of failure.
    public enum Code: Sendable, Hashable {
        /// The map is full: ``Environment/Options/mapSizeBytes`` is used up.
        case mapFull
        /// Every reader slot is taken.
        case readersFull
        /// A key is empty, or a key or a bound of a range has more than 511 bytes.
        case keySize
        /// A value is larger than LMDB can hold (4 GiB).
        case valueSize
        /// The key of ``WriteTransaction/append(_:for:in:)`` is not greater than all keys of the
        /// table.
        case keyOrder
        /// The database or the table does not exist.
        case notFound
        /// The file to create exists already.
        case alreadyExists
        /// The pages of the file contradict each other: the file is damaged.
        case corrupted
        /// The file is shorter than its pages say: it was cut off.
        case truncated
        /// The disk of the database is full.
        case diskFull
        /// A system call failed; the value is its `errno`.
        case io(errno: Int32)
        /// This module does not support the version of the file, or of liblmdb.
        case versionMismatch
        /// The file is not an LMDB database.
        case notADatabase
        /// Another program made the table with LMDB flags that this module does not use, such as
        /// duplicate keys.
        case incompatible
        /// This process has the database open already. Share that ``Environment``.
        case alreadyOpen
        /// Another process has the database open in a way that excludes this use.
        ///
        /// The value is the process that writes to it, or 0 if other processes only read it.
        case inUse(pid: Int32)
        /// The environment is closed.
        case closed
        /// This process lacks the rights for the files, or the environment is read-only.
        case permission
        /// A stored record is malformed or fails its checksum.
        case corruptRecord
        /// The transaction changed more pages than one LMDB transaction can hold.
        case transactionFull
        /// A write began inside the body of another write.
        case reentrantWrite
        /// A transaction changed data while a borrowed value was in use.
        case borrowed
        /// The environment was opened before `fork`, and is used in the child process.
        case forked
        /// The database is on a network file system, where memory maps are not coherent.
        case unsupportedFileSystem
        /// Any other failure; the value is LMDB's code.
        case other(Int32)
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, where, and what to do, in one or two sentences.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code, followed by the message.
    public var description: String { "LMDB \(code): \(message)" }
}
