/// Makes texts safe in cells of a spreadsheet, which runs texts that begin like a formula.
///
/// Such texts begin with `=`, `+`, `-`, `@`, a tab, a line end or a zero byte (CWE-1236). They get
/// a `'` in front. Texts that begin with `'` get one too, so that ``unguarded(_:)`` is exact.
/// Numbers are not guarded.
package enum FormulaGuard {
    /// The text as it may be in a cell.
    package static func guarded(_ text: String) -> String {
        switch text.utf8.first {
        case 0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0A, 0x0D, 0x00, 0x27: "'" + text
        default: text
        }
    }

    /// The text before it was guarded; a text that was not guarded stays as it is.
    package static func unguarded(_ text: String) -> String {
        guard text.utf8.first == 0x27 else { return text }
        return String(text[text.utf8.index(after: text.startIndex)...])
    }
}
