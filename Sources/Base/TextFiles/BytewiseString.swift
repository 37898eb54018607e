/// A text that equals another only if both have the same bytes, and that sorts by its bytes.
///
/// Swift compares characters: it takes "é" as one scalar and "e" with a combining accent for equal.
/// Ids and names of columns are different then.
package struct BytewiseString: Hashable, Comparable, Sendable {
    /// The text.
    package let text: String

    /// Wraps a text.
    package init(_ text: String) { self.text = text }

    /// Whether two texts have the same bytes.
    package static func == (left: BytewiseString, right: BytewiseString) -> Bool {
        // For ASCII the quick comparison of Swift is exact.
        left.text == right.text
            && (left.text.utf8Span.isKnownASCII || left.text.utf8.elementsEqual(right.text.utf8))
    }

    /// Orders texts by their bytes.
    package static func < (left: BytewiseString, right: BytewiseString) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// Hashes the text.
    ///
    /// Texts with the same bytes are equal strings, so they have the same hash.
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
