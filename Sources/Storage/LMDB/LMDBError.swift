/// What went wrong in a database, where, and what to do about it.
///
/// The message names files and tables, never keys or values, so that it can be logged.
public struct LMDBError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kinds of failure a caller may want to tell apart.
    public enum Code: Sendable, Hashable {
        /// The map is full: ``Environment/Options/mapSizeBytes`` is used up.
        case mapFull
        /// Every reader slot is taken.
        case readersFull
        /// A key or bound is empty where it may not be, or longer than 511 bytes.
        case keySize
        /// A value is larger than LMDB can hold (4 GiB).
        case valueSize
        /// ``WriteTransaction/append(_:for:in:)`` was given a key that is not the greatest.
        case keyOrder
        /// There is no such database or table.
        case notFound
        /// The file to be created exists already.
        case alreadyExists
        /// The database's pages contradict each other.
        case corrupted
        /// The file is shorter than its own pages say.
        case truncated
        /// The disk holding the database is full.
        case diskFull
        /// The operating system refused a call; the value is its `errno`.
        case io(errno: Int32)
        /// The file or the library has a version this wrapper does not work with.
        case versionMismatch
        /// The file is not an LMDB database.
        case notADatabase
        /// A table was made with flags this wrapper does not use, such as duplicate keys.
        case incompatible
        /// This process has the database open already.
        case alreadyOpen
        /// Another process has the database open in a way that excludes this one: the process that
        /// writes, or 0 if others only read it.
        case inUse(pid: Int32)
        /// The environment was closed.
        case closed
        /// The files may not be read or written, or the environment is read-only.
        case permission
        /// A stored record is malformed or fails its checksum.
        case corruptRecord
        /// The transaction changed more than LMDB can hold in one.
        case transactionFull
        /// A write was started from inside a write.
        case reentrantWrite
        /// A transaction was asked to change data while a borrowed value was in use.
        case borrowed
        /// The environment was used in a child process made by `fork`.
        case forked
        /// The database lies on a network file system, where memory maps are not coherent.
        case unsupportedFileSystem
        /// Any other failure; the value is LMDB's code.
        case other(Int32)
    }

    /// The kind of failure.
    public let code: Code
    /// One or two sentences for a person.
    public let message: String

    /// Makes an error from its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message, preceded by the code.
    public var description: String { "LMDB \(code): \(message)" }
}
