import PropertyGraph
import Time

/// Writes numbers as text that reads back to the same bits.
///
/// Finite numbers have the fewest digits that identify them. The others are `INF`, `-INF` and
/// `NaN`, as in XML Schema. A NaN with a payload is `NaN:` and its bits in hexadecimal.
enum NumberText {
    /// Whether a number is not a NaN with a payload.
    static func isPlain(_ value: Double) -> Bool {
        !value.isNaN || value.bitPattern == Double.nan.bitPattern
    }

    static func text(_ value: Double) -> String {
        if value.isFinite { return plain(value.description) }
        if value.isInfinite { return value < 0 ? "-INF" : "INF" }
        return isPlain(value) ? "NaN" : "NaN:" + bits(value)
    }

    static func text(_ value: Float) -> String {
        if value.isFinite { return plain(value.description) }
        if value.isInfinite { return value < 0 ? "-INF" : "INF" }
        guard value.bitPattern != Float.nan.bitPattern else { return "NaN" }
        return "NaN:" + padded(String(value.bitPattern, radix: 16), 8)
    }

    /// The 16 hexadecimal digits of a number's bits.
    static func bits(_ value: Double) -> String {
        padded(String(value.bitPattern, radix: 16), 16)
    }

    static func double(_ text: some StringProtocol) -> Double? {
        if text.hasPrefix("NaN:") { return double(bits: text.dropFirst(4)) }
        // A number beyond the range would silently become infinite.
        guard let value = Double(text), value.isFinite || !text.utf8.contains(where: isDigit)
        else { return nil }
        return value
    }

    static func float(_ text: some StringProtocol) -> Float? {
        if text.hasPrefix("NaN:") {
            let digits = Array(text.utf8.dropFirst(4))
            guard digits.count == 8, let bits = hexadecimal(digits[...]) else { return nil }
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
            return value.isNaN ? value : nil
        }
        guard let value = Float(text), value.isFinite || !text.utf8.contains(where: isDigit)
        else { return nil }
        return value
    }

    /// The NaN whose bits are 16 hexadecimal digits; nil for other text.
    static func double(bits text: some StringProtocol) -> Double? {
        let digits = Array(text.utf8)
        guard digits.count == 16, let bits = hexadecimal(digits[...]) else { return nil }
        let value = Double(bitPattern: bits)
        return value.isNaN ? value : nil
    }

    static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard let number = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            value = value << 4 | UInt64(number)
        }
        return value
    }

    /// A number without the plus sign of its exponent, which openCypher does not allow.
    private static func plain(_ text: String) -> String {
        guard let plus = text.utf8.firstIndex(of: UInt8(ascii: "+")) else { return text }
        return String(text[..<plus]) + text[text.utf8.index(after: plus)...]
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func padded(_ digits: String, _ count: Int) -> String {
        String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}

/// Writes properties as text, for formats whose values have no types.
enum PropertyText {
    static func text(_ property: Property) -> String {
        switch property {
        case .string(let value): value
        case .int(let value): String(value)
        case .double(let value):
            NumberText.isPlain(value) ? NumberText.text(value) : NumberText.bits(value)
        case .bool(let value): value ? "true" : "false"
        case .timestamp(let value): String(value.rawValue)
        case .vector(let values): "[" + values.map(NumberText.text).joined(separator: ",") + "]"
        }
    }

    static func property(_ kind: PropertyKind, _ text: String) throws(Fault) -> Property {
        let property: Property? =
            switch kind {
            case .string: .string(text)
            case .int: Int64(text).map(Property.int)
            case .double: NumberText.double(text).map(Property.double)
            case .bool: truth(text).map(Property.bool)
            case .timestamp: Int64(text).map { .timestamp(Timestamp(rawValue: $0)) }
            case .vector: try vector(text).map(Property.vector)
            case .doubleBits: NumberText.double(bits: text).map(Property.double)
            }
        guard let property else {
            throw Fault(.value, "a property is not the \(kind.rawValue) it should be; correct it.")
        }
        return property
    }

    private static func truth(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE", "1": true
        case "false", "False", "FALSE", "0": false
        default: nil
        }
    }

    private static func vector(_ text: String) throws(Fault) -> [Float]? {
        guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count >= 2 else { return nil }
        let inner = text.dropFirst().dropLast()
        guard !inner.isEmpty else { return [] }
        var values: [Float] = []
        for part in inner.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = NumberText.float(part) else { return nil }
            values.append(value)
            try Bounds.checkVector(values.count)
        }
        return values
    }
}
