package import Foundation
import Simulation
import TextFiles

/// A file of lines that is written over hours, and resumed where it was when the program ended.
///
/// Lines go to `PATH.partial`; `PATH.state` says how many of its bytes are done, what they are of,
/// and what demand has been summed up by then. The file appears under its name when it is complete.
package final class FleetFile {
    /// What is done so far.
    private struct State: Codable {
        /// What the lines are of; a run of something else must not resume it.
        var work: String
        /// The running number of the first twin that is not done.
        var next: Int
        /// The bytes of the lines that are done.
        var byteCount: UInt64
        /// The sums over the twins that are done, if there are any.
        var demand: FleetDemand?
    }

    /// The running number of the first twin that is not done.
    package var next: Int { state.next }

    /// The sums over the twins that are done; `nil` before the first, or if there are none.
    package var demand: FleetDemand? { state.demand }

    private let path: String
    private let handle: FileHandle
    private var state: State
    /// The bytes of the state as it was last written, and of the lines since then.
    private var stateByteCount = 0
    private var unsavedByteCount = 0

    private var partialPath: String { path + ".partial" }
    private static func statePath(_ path: String) -> String { path + ".state" }

    /// Starts a file, or resumes what an earlier run has left.
    ///
    /// - Parameters:
    ///   - path: Where the complete file will be.
    ///   - work: What the lines are of, as text.
    ///   - isFresh: Forgets what an earlier run has left.
    /// - Throws: ``FuturesError`` if the earlier run was of something else, if another program is
    ///   writing the file, or if it cannot be written.
    package init(_ path: String, work: String, isFresh: Bool = false) throws {
        self.path = path
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard !path.isEmpty, !(exists && isFolder.boolValue) else {
            throw FuturesError("'\(path)' is no name for a file. Choose another one.")
        }
        let partial = path + ".partial"
        let isNew = !FileManager.default.fileExists(atPath: partial)
        let descriptor = open(partial, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw FuturesError("\(partial) cannot be written. Choose another file.")
        }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // An older run may have made it for everybody to read.
        fchmod(descriptor, 0o600)
        // Whoever held the lock until now may have finished, and given the file its name.
        guard flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0,
            FileManager.default.fileExists(atPath: partial)
        else {
            throw FuturesError(
                "Another program is writing \(partial). Wait for it, or choose another file.")
        }
        let found = isFresh || isNew ? nil : try Self.state(of: path)
        if let found, found.work != work {
            throw FuturesError(
                "\(partial) is of an earlier run with another store, model or other settings. "
                    + "Resume it with those, restart it fresh, or choose another file.")
        }
        let start = State(work: work, next: 0, byteCount: 0)
        let length = try handle.seekToEnd()
        state = found.map { length < $0.byteCount ? start : $0 } ?? start
        // Before the lines of another run go: nobody must take new lines for those.
        try write(state)
        // What was written after the state is of a twin that may not be whole.
        try handle.truncate(atOffset: state.byteCount)
        try handle.seek(toOffset: state.byteCount)
    }

    deinit { try? handle.close() }

    /// Adds the lines of all twins before `next`.
    ///
    /// Sums of many items outweigh a few lines; the state is then written once in a while, so that
    /// it never costs more than the lines do. If the program ends, the twins since then are
    /// simulated again.
    ///
    /// - Parameters:
    ///   - lines: The lines, whole ones.
    ///   - demand: The sums over all twins before `next`, if any are kept.
    ///   - next: The running number of the first twin that is not done.
    /// - Throws: What the file system throws.
    package func append(_ lines: Data, demand: FleetDemand? = nil, next: Int) throws {
        try handle.write(contentsOf: lines)
        state.next = next
        state.byteCount += UInt64(lines.count)
        state.demand = demand
        unsavedByteCount += lines.count
        guard demand == nil || unsavedByteCount >= stateByteCount else { return }
        try handle.synchronize()
        try write(state)
    }

    private func write(_ state: State) throws {
        let data = try JSONEncoder().encode(state)
        try AtomicFile.write(data, to: Self.statePath(path))
        stateByteCount = data.count
        unsavedByteCount = 0
    }

    /// Gives the file its name.
    package func finish() throws {
        try handle.synchronize()
        do throws(FileError) {
            try Folders.move(partialPath, to: path)
        } catch {
            throw FuturesError("\(error) The file's content is in \(partialPath).")
        }
        try? FileManager.default.removeItem(atPath: Self.statePath(path))
    }

    /// What an unfinished file of an earlier run is of, if there is one.
    package static func unfinishedWork(_ path: String) -> String? { (try? state(of: path))?.work }

    private static func state(of path: String) throws -> State? {
        // A state without lines is of a file that was finished.
        guard FileManager.default.fileExists(atPath: path + ".partial"),
            let data = FileManager.default.contents(atPath: statePath(path))
        else { return nil }
        guard let state = try? JSONDecoder().decode(State.self, from: data), state.next >= 0 else {
            throw FuturesError(
                "\(statePath(path)) is damaged. Restart fresh, or choose another file.")
        }
        return state
    }
}
