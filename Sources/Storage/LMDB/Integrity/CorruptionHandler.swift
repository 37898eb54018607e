import CCorruptionHandler
import CLMDB
import Foundation

extension Environment {
    /// Makes the process exit with a message if LMDB meets a damaged file, instead of by a signal.
    ///
    /// LMDB maps its file into memory and trusts it. A damaged file ends the process in one of four
    /// ways:
    ///
    /// - a failed assertion in LMDB (SIGABRT);
    /// - a read of a page beyond the end of the file (SIGBUS);
    /// - a read or write through bytes that are no valid pointer or length (SIGSEGV);
    /// - an array overrun during ``copy(to:compacting:)`` (SIGABRT).
    ///
    /// After this call, the process writes `message` to standard error and exits with `code`.
    /// Signals with another cause go to the handlers that were installed before.
    ///
    /// Call it once, when the program starts: it covers the databases that are opened afterwards.
    /// Further calls have no effect.
    ///
    /// - Parameters:
    ///   - code: The exit code, 1 to 255.
    ///   - message: One line of at most 500 bytes, without a line break.
    public static func exitOnCorruption(code: Int32, message: String) {
        CorruptionHandler.install(code: code, message: message)
    }
}

/// Tells the signal handlers of `CCorruptionHandler` which memory maps belong to databases.
///
/// ```
/// exitOnCorruption ─▶ install          signal handlers, addresses of liblmdb's code
/// openRaw          ─▶ prepare          LMDB's assertion callback
///                  ─▶ watch            addresses of the memory map of data.mdb
/// closeRaw         ─▶ unwatch
/// ```
///
/// The addresses come from `/proc/self/maps`. On a system without it, only assertions and copies
/// are covered.
enum CorruptionHandler {
    private static let lock = NSLock()
    // nonisolated(unsafe): guarded by `lock`.
    nonisolated(unsafe) private static var isInstalled = false
    /// The slot of each watched environment in the handler's table of maps.
    // nonisolated(unsafe): guarded by `lock`.
    nonisolated(unsafe) private static var slots: [OpaquePointer: Int] = [:]

    /// Installs the signal handlers, once.
    static func install(code: Int32, message: String) {
        precondition((1...255).contains(code), "An exit code is 1 to 255, not \(code).")
        precondition(message.utf8.count <= 500, "The message for damage exceeds 500 bytes.")
        lock.withLock {
            guard !isInstalled else { return }
            let library = codeOfLibrary()
            corruption_handler_install(code, message, library.lowerBound, library.upperBound)
            isInstalled = true
        }
    }

    /// Sets LMDB's assertion callback.
    ///
    /// Call it between `mdb_env_create` and `mdb_env_open`.
    static func prepare(_ raw: OpaquePointer) {
        if lock.withLock({ isInstalled }) {
            _ = mdb_env_set_assert(raw, corruption_handler_assertion)
        }
    }

    /// Watches the memory map of the data file `path` of an environment.
    ///
    /// Has no effect if its address is unknown, or if all slots are taken: then a fault in this map
    /// ends the process by its signal.
    static func watch(_ raw: OpaquePointer, _ path: String) {
        lock.withLock {
            guard isInstalled, let map = map(of: path) else { return }
            let taken = Set(slots.values)
            guard let slot = (0..<slotCount).first(where: { !taken.contains($0) }) else { return }
            slots[raw] = slot
            corruption_handler_watch(Int32(slot), map.lowerBound, map.upperBound)
        }
    }

    /// Stops watching.
    ///
    /// Call it before `mdb_env_close`.
    static func unwatch(_ raw: OpaquePointer) {
        lock.withLock {
            guard let slot = slots.removeValue(forKey: raw) else { return }
            corruption_handler_watch(Int32(slot), 0, 0)
        }
    }

    private static let slotCount = Int(CORRUPTION_HANDLER_MAP_COUNT_MAX)

    /// Checks that each watched environment has a slot of its own.
    ///
    /// - Complexity: O(*n*) for *n* watched environments.
    static func checkInvariants() {
        lock.withLock {
            precondition(Set(slots.values).count == slots.count, "Two maps share a slot.")
            precondition(
                slots.values.allSatisfy { (0..<slotCount).contains($0) }, "A slot is out of range.")
            precondition(isInstalled || slots.isEmpty, "A map is watched without a handler.")
        }
    }

    /// The addresses at which this process has mapped a file as shared; nil if unknown.
    private static func map(of path: String) -> Range<UInt>? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return maps { $0.inode == "\(status.st_ino)" && $0.rights.hasSuffix("s") }
    }

    /// The addresses of liblmdb's code; empty if it is linked statically, or unknown.
    private static func codeOfLibrary() -> Range<UInt> {
        maps { $0.path.contains("liblmdb") && $0.rights.contains("x") } ?? 0..<0
    }

    /// The addresses of the first file map of this process that `matches`.
    private static func maps(
        _ matches: ((rights: Substring, inode: Substring, path: Substring)) -> Bool
    ) -> Range<UInt>? {
        let text = String(decoding: contents(of: "/proc/self/maps"), as: UTF8.self)
        // A line is "7f00-7f10 r--s 00000000 fe:01 1234 /path": addresses, rights, offset, device,
        // inode and path. The right `s` means shared.
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 5, fields[5].hasPrefix("/"),
                matches((fields[1], fields[4], fields[5]))
            else { continue }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if ends.count == 2, ends[0] < ends[1] { return ends[0]..<ends[1] }
        }
        return nil
    }

    /// All bytes of a file of unknown length, such as those in /proc; none if it cannot be read.
    private static func contents(of path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // withUnsafeMutableBytes: read fills the array up to its length.
            let count = part.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return all }
            all += part[..<count]
        }
    }
}
