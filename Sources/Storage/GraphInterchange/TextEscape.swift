/// Writes characters that a format does not allow as `_xHHHH_`, with four hexadecimal digits.
///
/// Office Open XML does the same (ECMA-376, type ST_Xstring). An underscore before an `x` becomes
/// `_x005F_`, so that strings that look escaped are preserved. An empty string becomes `_x_`,
/// because some formats have no empty names.
enum TextEscape {
    /// The string with escapes for characters that XML does not allow, and for those of `also`, in
    /// ASCII.
    ///
    /// XML does not allow control characters other than tab and line breaks, nor U+FFFE and U+FFFF.
    static func encoded(_ text: String, also: [UInt8] = []) -> String {
        guard !text.isEmpty else { return "_x_" }
        guard needsEscape(text, also) else { return text }
        var result = ""
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let followedByX = index + 1 < scalars.count && scalars[index + 1] == "x"
            if isForbidden(scalar, also) || (scalar == "_" && followedByX) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "_x" + String(repeating: "0", count: 4 - digits.count) + digits + "_"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The original string; text that is not an escape is unchanged.
    static func decoded(_ text: String) -> String {
        guard text != "_x_" else { return "" }
        var rest = Array(text.utf8)[...]
        guard rest.contains(UInt8(ascii: "_")) else { return text }
        var result: [UInt8] = []
        while let byte = rest.first {
            if byte == UInt8(ascii: "_"), let scalar = escape(rest.prefix(7)) {
                result.append(contentsOf: String(scalar).utf8)
                rest = rest.dropFirst(7)
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func escape(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        let bytes = Array(bytes)
        guard bytes.count == 7, bytes[1] == UInt8(ascii: "x"), bytes[6] == UInt8(ascii: "_"),
            let value = NumberText.hexadecimal(bytes[2..<6])
        else { return nil }
        return Unicode.Scalar(UInt32(value))
    }

    private static func needsEscape(_ text: String, _ also: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            // 0xC2 begins the C1 controls, and 0xEF begins U+FFFE; both are checked by scalar
            // later.
            let isOdd = byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xEF
            let isX = byte == UInt8(ascii: "x") && previous == UInt8(ascii: "_")
            if isOdd || isX || also.contains(byte) { return true }
            previous = byte
        }
        return false
    }

    private static func isForbidden(_ scalar: Unicode.Scalar, _ also: [UInt8]) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: also.contains(UInt8(scalar.value))
        case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: true
        case let value: value < 0x80 && also.contains(UInt8(value))
        }
    }
}
