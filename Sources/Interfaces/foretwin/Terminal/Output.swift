import ArgumentParser
import Foundation

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

/// Writes a text into a file, which appears under its name when it is complete.
func writeText(_ text: String, to path: String) throws {
    do {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    } catch let error as CocoaError {
        throw ValidationError(
            "\(path) cannot be written. Check the folder. (\(error.code.rawValue))")
    }
}
