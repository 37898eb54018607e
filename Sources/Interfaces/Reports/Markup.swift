import Mustache

/// Text that comes from outside, made harmless for a page.
enum Markup {
    /// Replaces what would end text or an attribute by character references.
    ///
    /// It looks at scalars, not at characters: a quotation mark with a combining accent is one
    /// character that is not a quotation mark, but a browser still sees the mark.
    static func escape(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        escaped.reserveCapacity(text.unicodeScalars.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(isPrintable(scalar) ? scalar : " ")
            }
        }
        return String(escaped)
    }

    /// A text shortened so that it fits a width, with an ellipsis where it was cut.
    ///
    /// Widths are estimated: there are no fonts here. A letter counts as 0.53 of the font's size,
    /// the mean of wide sans-serif fonts, and a character from U+1100 on as a whole.
    static func fit(_ text: String, width: Double, fontSize: Double) -> String {
        var used = 0.0
        var kept = ""
        for character in text {
            let isWide = (character.unicodeScalars.first?.value ?? 0) >= 0x1100
            let size = fontSize * (isWide ? 1 : 0.53)
            guard used + size <= width - fontSize else {
                // The whole may still fit in the room that was kept for the ellipsis.
                return estimatedWidth(text, fontSize: fontSize) <= width
                    ? text : kept.trimmingTrailingSpace() + "…"
            }
            used += size
            kept.append(character)
        }
        return text
    }

    private static func estimatedWidth(_ text: String, fontSize: Double) -> Double {
        var width = 0.0
        for character in text.prefix(500) {
            let isWide = (character.unicodeScalars.first?.value ?? 0) >= 0x1100
            width += fontSize * (isWide ? 1 : 0.53)
        }
        return width
    }

    /// Whether a scalar may stand in XML and does not turn the direction of what follows it.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: true
        case 0..<0x20, 0x7F..<0xA0: false
        case 0x202A...0x202E, 0x2066...0x2069: false
        default: scalar.value & 0xFFFE != 0xFFFE && !(0xFDD0...0xFDEF).contains(scalar.value)
        }
    }
}

/// Escapes what templates are filled with.
struct PageContentType: MustacheContentType {
    /// What templates call it in their first line.
    static let name = "PAGE"

    func escapeText(_ text: String) -> String { Markup.escape(text) }
}

extension String {
    fileprivate func trimmingTrailingSpace() -> String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
