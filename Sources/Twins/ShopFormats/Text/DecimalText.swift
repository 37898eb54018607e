/// Decimal numbers in files, bodies and parameters.
///
/// The initializer of `Double` also accepts hexadecimal numbers, words for infinity, and a text
/// with more text after a zero byte.
package enum DecimalText {
    /// A longer number is a mistake.
    private static let byteCountMax = 512

    /// Reads a decimal number such as `5`, `-0.25`, `.5`, `+5.` or `1e3`.
    ///
    /// - Parameter text: The whole text, without blanks.
    /// - Returns: The number; `nil` for any other text, and for a number that is not finite.
    package static func parse(_ text: some StringProtocol) -> Double? {
        guard text.utf8.count <= byteCountMax, isDecimal(text.utf8) else { return nil }
        guard let number = Double(text), number.isFinite else { return nil }
        return number
    }

    private static func isDecimal(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = bytes[...]
        func skip(_ marks: [UInt8]) -> Bool {
            guard let first = rest.first, marks.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        func digits() -> Int {
            let before = rest.count
            rest = rest.drop { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            return before - rest.count
        }
        _ = skip([UInt8(ascii: "+"), UInt8(ascii: "-")])
        var count = digits()
        if skip([UInt8(ascii: ".")]) { count += digits() }
        guard count > 0 else { return false }
        if skip([UInt8(ascii: "e"), UInt8(ascii: "E")]) {
            _ = skip([UInt8(ascii: "+"), UInt8(ascii: "-")])
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
