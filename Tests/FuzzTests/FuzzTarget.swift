import Foundation

/// A reader of bytes from outside, with a property that holds for all inputs.
///
/// The tests run each target on a few mutants, and `tools/fuzz` runs it for a long time.
struct FuzzTarget: Sendable {
    /// Its name on the command line.
    let name: String
    /// Valid inputs, from which mutants are made.
    let seeds: [[UInt8]]
    /// Reads any input; throws only ``BrokenPromise``.
    let run: @Sendable ([UInt8]) throws -> Void

    /// All targets that need no server.
    static let all =
        recordTargets + fileTargets + ingestTargets + contextTargets
        + textTargets
}

/// A property of a target does not hold for an input.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Calls `body`, and catches the errors of the module under test.
///
/// - Returns: What `body` returned; nil if the input was refused.
func reading<T>(_ isRefusal: (any Error) -> Bool, _ body: () throws -> T) throws -> T? {
    do {
        return try body()
    } catch {
        try promise(isRefusal(error), "an error of another module came through: \(type(of: error))")
        return nil
    }
}

func promise(_ isKept: Bool, _ what: @autoclosure () -> String) throws {
    guard isKept else { throw BrokenPromise(what()) }
}

/// Writes bytes to a temporary file, calls `body` with its path, and removes it.
func withFile<T>(_ bytes: [UInt8], named name: String, _ body: (String) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "foretwin-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: name)
    try Data(bytes).write(to: file)
    return try body(file.path)
}
