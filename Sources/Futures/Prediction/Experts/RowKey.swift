import Crypto

/// Identifies the customer of a sequence in a model's files, so that the sequence can be erased.
///
/// It is the first half of the SHA-256 of the customer's pseudonym. It identifies customers only
/// together with the store.
package struct RowKey: Hashable, Comparable, Sendable {
    /// The number of bytes.
    static let byteCount = 16

    private let high: UInt64
    private let low: UInt64

    /// The key of a customer.
    ///
    /// - Parameter pseudonym: The customer's pseudonym in the store.
    package init(pseudonym: String) {
        let digest = Array(SHA256.hash(data: Array("model row/\(pseudonym)".utf8)))
        high = Self.word(digest[0..<8])
        low = Self.word(digest[8..<16])
    }

    /// The key with given bytes; `nil` unless there are ``byteCount`` of them.
    init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        high = Self.word(bytes.prefix(8))
        low = Self.word(bytes.suffix(8))
    }

    /// The key with given hexadecimal digits; `nil` if the text is no key.
    init?(_ text: some StringProtocol) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 2 * Self.byteCount, text.utf8.count == digits.count else {
            return nil
        }
        high = digits.prefix(16).reduce(0) { $0 << 4 | UInt64($1) }
        low = digits.suffix(16).reduce(0) { $0 << 4 | UInt64($1) }
    }

    /// The bytes.
    var bytes: [UInt8] {
        [high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
    }

    /// The key as hexadecimal digits.
    var text: String { hexadecimal(bytes) }

    /// Orders keys by their bytes.
    package static func < (left: RowKey, right: RowKey) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Bytes as hexadecimal digits in lower case.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
}
