import Foundation
import ShopFormats
import TextFiles

/// Prints lines for people.
///
/// Data may hold anything: what could control the terminal is replaced. It stands for the function
/// of the standard library in this module, so that no print can be forgotten.
func print(_ text: String) { Swift.print(PlainText.printableLines(text)) }

/// Prints lines for people, of which none can become two.
func printLines(_ lines: [String]) { print(lines.map(printable).joined(separator: "\n")) }

/// Writes lines for people to standard error.
func warn(_ text: String) {
    FileHandle.standardError.write(Data((PlainText.printableLines(text) + "\n").utf8))
}

/// One line or a part of one for people, without characters that could move the cursor.
func printable(_ text: String) -> String { PlainText.printable(text) }

/// Prints a value as JSON with sorted keys in snake case.
func printJSON(_ value: some Encodable) throws {
    Swift.print(PlainText.printableJSON(try jsonText(value)))
}

/// A value as JSON with sorted keys in snake case.
func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Writes a text into a file for its owner alone, which appears under its name when it is complete.
func writeText(_ text: String, to path: String) throws {
    try AtomicFile.write(text.utf8, to: path)
}
