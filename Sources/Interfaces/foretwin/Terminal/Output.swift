import Foundation
import TextFiles

/// Prints a value as JSON with sorted keys in snake case.
func printJSON(_ value: some Encodable) throws { print(try jsonText(value)) }

/// A value as JSON with sorted keys in snake case.
func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Prints lines.
func printLines(_ lines: [String]) { print(lines.joined(separator: "\n")) }

/// Writes a text into a file for its owner alone, which appears under its name when it is complete.
func writeText(_ text: String, to path: String) throws {
    try AtomicFile.write(text.utf8, to: path)
}
