import CCorruptionHandler
import CLMDB
import Foundation

extension Environment {
    /// From now on ends the process with a sentence and a code where it would die of a damaged file.
    ///
    /// LMDB trusts its file. Where that is damaged, an assertion of its C code aborts the process, or
    /// it reads a page that the file lacks (the signal SIGBUS), or takes bytes for a pointer or a
    /// length (SIGSEGV), or a copy writes beyond an array (SIGABRT). A program that calls this when
    /// it starts writes `message` to standard error and exits instead. It concerns databases opened
    /// afterwards, signals that come from inside their maps, from LMDB's own code or from what it
    /// moves memory with, and aborts while a copy is under way; all others are left alone.
    ///
    /// - Parameters:
    ///   - code: the exit code, 1 to 255.
    ///   - message: a line of at most 500 bytes, without its end.
    public static func exitOnDamage(code: Int32, message: String) {
        CorruptionHandler.install(code: code, message: message)
    }
}

/// The maps that belong to open databases, for the handler of signals in `CDamage`.
enum CorruptionHandler {
    private static let lock = NSLock()
    // nonisolated(unsafe): guarded by `lock`.
    nonisolated(unsafe) private static var isInstalled = false
    // nonisolated(unsafe): guarded by `lock`.
    nonisolated(unsafe) private static var places: [OpaquePointer: Int] = [:]

    static func install(code: Int32, message: String) {
        lock.withLock {
            guard !isInstalled else { return }
            let library = codeOfLibrary()
            damage_install(code, message, library.lowerBound, library.upperBound)
            isInstalled = true
        }
    }

    /// To be called between `mdb_env_create` and `mdb_env_open`.
    static func prepare(_ raw: OpaquePointer) {
        if lock.withLock({ isInstalled }) { _ = mdb_env_set_assert(raw, damage_assertion) }
    }

    /// Notes where the data file `path` of an environment is mapped.
    static func watch(_ raw: OpaquePointer, _ path: String) {
        lock.withLock {
            guard isInstalled, let map = map(of: path) else { return }
            let taken = Set(places.values)
            guard let place = (0..<Int(DAMAGE_MAPS_MAX)).first(where: { !taken.contains($0) })
            else { return }
            places[raw] = place
            damage_watch(Int32(place), map.lowerBound, map.upperBound)
        }
    }

    /// To be called before `mdb_env_close`.
    static func unwatch(_ raw: OpaquePointer) {
        lock.withLock {
            guard let place = places.removeValue(forKey: raw) else { return }
            damage_watch(Int32(place), 0, 0)
        }
    }

    /// The addresses at which this process has a file mapped; nil where the system does not tell.
    private static func map(of path: String) -> Range<UInt>? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return maps { $0.inode == "\(status.st_ino)" && $0.rights.hasSuffix("s") }
    }

    /// Where LMDB's code lies; empty where it is part of the program, or the system does not tell.
    private static func codeOfLibrary() -> Range<UInt> {
        maps { $0.path.contains("liblmdb") && $0.rights.contains("x") } ?? 0..<0
    }

    /// The first map of a file of this process that `matches`.
    private static func maps(
        _ matches: ((rights: Substring, inode: Substring, path: Substring)) -> Bool
    ) -> Range<UInt>? {
        let text = String(decoding: contents(of: "/proc/self/maps"), as: UTF8.self)
        // 7f00-7f10 r--s 00000000 fe:01 1234   /path: addresses, rights, offset, device, inode.
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

    /// All bytes of a file that does not know its length, as those of /proc; none if there is none.
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
