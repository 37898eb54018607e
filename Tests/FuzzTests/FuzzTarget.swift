import Foundation

/// Something that reads bytes from outside, and what it promises of any.
///
/// The same targets are run over a few mutants by the tests, and for long by `tools/fuzz`.
struct FuzzTarget: Sendable {
    /// What it is called on the command line.
    let name: String
    /// Good inputs, to begin with.
    let seeds: [[UInt8]]
    /// Reads an input; throws ``BrokenPromise`` alone, whatever the input.
    let run: @Sendable ([UInt8]) throws -> Void

    /// All targets that need no server.
    static let all =
        recordTargets + fileTargets + ingestTargets + contextTargets
        + textTargets
}

/// A promise about what is read was not kept.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Reads, and lets errors pass that are the module's own.
///
/// - Returns: What was read; nil if it was refused.
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

/// Writes bytes to a file of its own, lends its path, and removes it.
func withFile<T>(_ bytes: [UInt8], named name: String, _ body: (String) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "foretwin-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: name)
    try Data(bytes).write(to: file)
    return try body(file.path)
}
