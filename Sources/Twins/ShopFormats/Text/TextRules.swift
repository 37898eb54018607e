import Shop
import Time

/// Rules for texts in files and bodies.
///
/// They check the length first, so that the other checks read bounded texts.
enum TextRules {
    /// Checks a text that has to be an id or a name.
    static func check(id: String, _ name: String) throws(Rejection) {
        try check(id, name, byteCountMax: Limits.idByteCountMax)
    }

    /// Checks a text that has to be a phrase.
    static func check(phrase: String, _ name: String) throws(Rejection) {
        try check(phrase, name, byteCountMax: Limits.textByteCountMax)
    }

    private static func check(
        _ text: String, _ name: String, byteCountMax: Int
    ) throws(Rejection) {
        guard text.utf8.count <= byteCountMax else {
            throw Rejection(.value, "\(name) is longer than \(byteCountMax) bytes")
        }
        guard !PlainText.hasControls(text) else {
            throw Rejection(.value, "\(name) holds a control character")
        }
    }

    /// The time that a text names.
    ///
    /// - Throws: ``Rejection`` for a text that names none, or one that events cannot have.
    static func time(_ text: String) throws(Rejection) -> Timestamp {
        guard text.utf8.count <= Limits.idByteCountMax, let time = Timestamp(text: text),
            Timestamp.accepted.contains(time)
        else {
            throw Rejection(
                .timestamp,
                "\(Rejection.quoted(text)); use ISO 8601, yyyymmdd, seconds or milliseconds")
        }
        return time
    }

    /// Whether a text may be a city's name: it has a letter, and is neither coordinates nor an
    /// address.
    ///
    /// - Complexity: O(bytes), so check the length first.
    static func isCity(_ text: String) -> Bool {
        guard text.contains(where: \.isLetter), !PersonalData.isValue(text) else { return false }
        let bytes = Array(text.utf8)
        guard bytes.contains(where: isDigit) else { return true }
        guard !text.unicodeScalars.contains("°") else { return false }
        return !bytes.indices.dropFirst().dropLast().contains { index in
            (bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: ","))
                && isDigit(bytes[index - 1]) && isDigit(bytes[index + 1])
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
