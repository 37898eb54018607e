package import Foundation
import Simulation
import TextFiles

/// A resumable file of lines, for runs that take hours.
///
/// Lines go to `PATH.partial`. `PATH.state` holds the number of its bytes that are complete, the
/// settings of the run, and the sums of demand so far. The file gets its name when it is complete.
package final class FleetFile {
    /// The progress of the run.
    private struct State: Codable {
        /// The settings of the run; only a run with the same settings may resume it.
        var work: String
        /// The number of the first twin that is not done.
        var next: Int
        /// The bytes of the lines that are done.
        var byteCount: UInt64
        /// The sums over the twins that are done; `nil` if none are kept.
        var demand: FleetDemand?
    }

    /// The number of the first twin that is not done.
    package var next: Int { state.next }

    /// The sums over the twins that are done; `nil` before the first, or if none are kept.
    package var demand: FleetDemand? { state.demand }

    private let path: String
    private let handle: FileHandle
    private var state: State
    /// The size of the state when it was last written.
    private var stateByteCount = 0
    /// The size of the lines since then.
    private var unsavedByteCount = 0

    private var partialPath: String { path + ".partial" }
    private static func statePath(_ path: String) -> String { path + ".state" }

    /// Starts a file, or resumes an earlier run.
    ///
    /// - Parameters:
    ///   - path: The path of the complete file.
    ///   - work: The settings of the run, as text.
    ///   - isFresh: Whether to start again from the first twin.
    /// - Throws: ``FuturesError`` if the earlier run had other settings, if another program is
    ///   writing the file, or if it cannot be written.
    package init(_ path: String, work: String, isFresh: Bool = false) throws {
        self.path = path
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard !path.isEmpty, !(exists && isFolder.boolValue) else {
            throw FuturesError("'\(path)' is a folder or an empty name. Choose the name of a file.")
        }
        let partial = path + ".partial"
        let isNew = !FileManager.default.fileExists(atPath: partial)
        let descriptor = open(partial, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw FuturesError("\(partial) cannot be written. Choose another file.")
        }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // An older version may have created it with wider permissions.
        fchmod(descriptor, 0o600)
        // The program that held the lock may have finished and moved the file.
        guard flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0,
            FileManager.default.fileExists(atPath: partial)
        else {
            throw FuturesError(
                "Another program is writing \(partial). Wait for it, or choose another file.")
        }
        let found = isFresh || isNew ? nil : try Self.state(of: path)
        if let found, found.work != work {
            throw FuturesError(
                "\(partial) belongs to an earlier run with another store, model or other settings. "
                    + "Resume that run, start afresh, or choose another file.")
        }
        let start = State(work: work, next: 0, byteCount: 0)
        let length = try handle.seekToEnd()
        state = found.map { length < $0.byteCount ? start : $0 } ?? start
        // The state is written before old lines are removed, so that it never describes other
        // lines.
        try write(state)
        // Lines after the state may be incomplete.
        try handle.truncate(atOffset: state.byteCount)
        try handle.seek(toOffset: state.byteCount)
    }

    deinit { try? handle.close() }

    /// Adds the lines of the twins before `next`.
    ///
    /// A state with sums of many items is larger than a few lines. It is then written only after
    /// at least as many bytes of lines. If the program ends, the twins since then are simulated
    /// again.
    ///
    /// - Parameters:
    ///   - lines: Whole lines.
    ///   - demand: The sums over all twins before `next`, if any are kept.
    ///   - next: The number of the first twin that is not done.
    /// - Throws: The errors of the file system.
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

    /// Completes the file and gives it its name.
    ///
    /// - Throws: ``FuturesError`` if it cannot be moved, or the errors of the file system.
    package func finish() throws {
        try handle.synchronize()
        do throws(FileError) {
            try Folders.move(partialPath, to: path)
        } catch {
            throw FuturesError("\(error) The file's content is in \(partialPath).")
        }
        try? FileManager.default.removeItem(atPath: Self.statePath(path))
    }

    /// The settings of an unfinished earlier run; `nil` without one.
    package static func unfinishedWork(_ path: String) -> String? { (try? state(of: path))?.work }

    private static func state(of path: String) throws -> State? {
        // A state without lines is left over from a finished file.
        guard FileManager.default.fileExists(atPath: path + ".partial"),
            let data = FileManager.default.contents(atPath: statePath(path))
        else { return nil }
        guard let state = try? JSONDecoder().decode(State.self, from: data), state.next >= 0 else {
            throw FuturesError(
                "\(statePath(path)) is damaged. Start afresh, or choose another file.")
        }
        return state
    }
}
