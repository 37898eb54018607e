/// Makes texts from outside safe to print on a terminal.
package enum PlainText {
    /// Whether a text has a control character: U+0000 to U+001F, U+007F to U+009F.
    ///
    /// Marks for the direction of writing are allowed, because names need them. ``printable(_:)``
    /// replaces them.
    package static func hasControls(_ text: String) -> Bool {
        var before: UInt8 = 0
        for byte in text.utf8 {
            if byte < 0x20 || byte == 0x7F || (before == 0xC2 && byte < 0xA0) { return true }
            before = byte
        }
        return false
    }

    /// A text that is safe to print.
    ///
    /// Control characters and marks for the direction of writing are replaced by U+FFFD, so that
    /// the text cannot move the cursor or look like another text.
    package static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isHidden(scalar) ? "\u{FFFD}" : scalar) }
        return String(result)
    }

    /// Lines that are safe to print: as ``printable(_:)``, but line feeds stay.
    package static func printableLines(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { printable(String($0)) }.joined(separator: "\n")
    }

    /// JSON with the same values, in which such characters are escaped.
    package static func printableJSON(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isHidden($0) && $0 != "\n" }) else {
            return text
        }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard isHidden(scalar), scalar != "\n" else {
                result.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            let zeros = String(repeating: "0", count: 4 - digits.count)
            result.append(contentsOf: "\\u\(zeros)\(digits)".unicodeScalars)
        }
        return String(result)
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
