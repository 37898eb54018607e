/// A text that equals another only if it has the same bytes.
///
/// Swift takes "é" and "e" with an accent for equal, and ids are not.
package struct BytewiseString: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: BytewiseString, right: BytewiseString) -> Bool {
        // For ASCII the quick comparison is exact.
        left.text == right.text
            && (left.text.utf8Span.isKnownASCII || left.text.utf8.elementsEqual(right.text.utf8))
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
