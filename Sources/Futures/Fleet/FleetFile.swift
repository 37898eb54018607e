public import Foundation

/// A file of lines that is written over hours, and goes on where it was when the program ended.
///
/// Lines go to `PATH.partial`; `PATH.state` says how many of its bytes are done, and what they are
/// of. The file appears under its name when it is complete.
public final class FleetFile {
    /// What is done so far.
    private struct State: Codable, Equatable {
        /// What the lines are of; another run must not go on with them.
        var work: String
        /// The running number of the first twin that is not done.
        var next: Int
        /// The bytes of the lines that are done.
        var byteCount: UInt64
    }

    /// The running number of the first twin that is not done.
    public var next: Int { state.next }

    private let path: String
    private let handle: FileHandle
    private var state: State

    private var partialPath: String { path + ".partial" }
    private static func statePath(_ path: String) -> String { path + ".state" }

    /// Begins a file, or goes on with what an earlier run has left.
    ///
    /// - Parameters:
    ///   - path: Where the complete file will be.
    ///   - work: What the lines are of: all that decides them, as text.
    ///   - isFresh: Forgets what an earlier run has left.
    /// - Throws: ``FuturesError`` if the earlier run was of something else, or if the file cannot be
    ///   written.
    public init(_ path: String, work: String, isFresh: Bool = false) throws {
        self.path = path
        let found = isFresh ? nil : try Self.state(of: path)
        if let found, found.work != work {
            throw FuturesError(
                "\(path).partial is of an earlier run with other settings, another model or other "
                    + "events. Go on with those, give --fresh to begin anew, or another --output.")
        }
        state = found ?? State(work: work, next: 0, byteCount: 0)
        let partial = path + ".partial"
        if !FileManager.default.fileExists(atPath: partial) {
            state = State(work: work, next: 0, byteCount: 0)
            guard FileManager.default.createFile(atPath: partial, contents: nil) else {
                throw FuturesError("\(partial) cannot be written. Choose another --output.")
            }
        }
        handle = try FileHandle(forUpdating: URL(fileURLWithPath: partial))
        // What was written after the state is of a twin that may not be whole.
        let length = try handle.seekToEnd()
        if length < state.byteCount { state = State(work: work, next: 0, byteCount: 0) }
        try handle.truncate(atOffset: state.byteCount)
        try handle.seek(toOffset: state.byteCount)
    }

    deinit { try? handle.close() }

    /// Adds the lines of all twins before `next`; after a power cut they are there.
    public func append(_ lines: Data, next: Int) throws {
        try handle.write(contentsOf: lines)
        try handle.synchronize()
        state.next = next
        state.byteCount += UInt64(lines.count)
        try JSONEncoder().encode(state)
            .write(to: URL(fileURLWithPath: Self.statePath(path)), options: .atomic)
    }

    /// Gives the file its name.
    public func finish() throws {
        try handle.synchronize()
        guard rename(partialPath, path) == 0 else {
            throw FuturesError("\(path) cannot be written. Its content is in \(partialPath).")
        }
        try? FileManager.default.removeItem(atPath: Self.statePath(path))
    }

    /// What an unfinished file of an earlier run is of, if there is one.
    public static func unfinishedWork(_ path: String) -> String? { (try? state(of: path))?.work }

    private static func state(of path: String) throws -> State? {
        guard let data = FileManager.default.contents(atPath: statePath(path)) else { return nil }
        guard let state = try? JSONDecoder().decode(State.self, from: data), state.next >= 0 else {
            throw FuturesError(
                "\(statePath(path)) is damaged. Give --fresh to begin anew, or another --output.")
        }
        return state
    }
}
