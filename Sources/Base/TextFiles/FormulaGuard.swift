/// Makes texts in cells of a table safe for programs that run what begins like a formula.
///
/// A spreadsheet runs a text that begins with `=`, `+`, `-`, `@`, a tab, an end of line or a zero
/// byte (CWE-1236). Such a text gets a `'` before it; so does one that begins with `'`, to be told
/// apart. Numbers are not guarded.
package enum FormulaGuard {
    /// The text as it may stand in a cell.
    package static func guarded(_ text: String) -> String {
        switch text.utf8.first {
        case 0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0A, 0x0D, 0x00, 0x27: "'" + text
        default: text
        }
    }

    /// The text that was guarded; one that was not stays as it is.
    package static func unguarded(_ text: String) -> String {
        guard text.utf8.first == 0x27 else { return text }
        return String(text[text.utf8.index(after: text.startIndex)...])
    }
}
