/// One line or event that was not accepted.
package struct Rejection: Error, Hashable, Sendable {
    /// Why something was not accepted.
    package enum Reason: String, CaseIterable, Sendable, Codable {
        /// The line has more or fewer fields than the header.
        case fieldCount = "wrong number of fields"
        /// A quoted field does not end on its line.
        case quote = "unclosed quote"
        /// The bytes are not UTF-8.
        case encoding = "not UTF-8 text"
        /// The line is not a JSON object.
        case json = "not a JSON object"
        /// The object has a key twice, so its value is ambiguous.
        case twice = "the same key twice"
        /// A required value is empty.
        case missing = "required value missing"
        /// The event type is not in the vocabulary.
        case type = "unknown event type"
        /// The time cannot be read or is outside 1900 to 2200.
        case timestamp = "unreadable timestamp"
        /// The time is later than allowed.
        case future = "time in the future"
        /// A number cannot be read, is negative or is out of range.
        case number = "unreadable number"
        /// A value or the line is too long, or holds control characters.
        case value = "value too long or with control characters"
        /// An earlier event has the same id and other content.
        case conflict = "same event id, different content"
        /// The item is not in the catalogue, and new items may not be added.
        case unknownItem = "item not in the catalogue"
        /// The customer was erased; no data of the customer may be stored again.
        case erased = "customer was erased"
        /// The customer has reached the limit of events.
        case tooManyEvents = "customer has too many events"
        /// The batch has reached the limit of new items.
        case tooManyItems = "too many new items at once"
        /// The text is not a city's name, but for example a postcode or coordinates.
        case city = "not a city's name"
        /// The end is before the beginning.
        case order = "it ends before it begins"
        /// A calendar event has no end or is malformed.
        case calendar = "not a whole calendar event"
    }

    /// Where something that was not accepted is.
    package enum Position: Hashable, Sendable, CustomStringConvertible {
        /// A line of a file; lines are counted from 1.
        case line(Int)
        /// An event of a batch; indices count from 0.
        case batchIndex(Int)

        /// The position in words, such as `line 3`.
        package var description: String {
            switch self {
            case .line(let number): "line \(number)"
            case .batchIndex(let index): "event \(index) of the batch"
            }
        }
    }

    /// Where it is; `nil` until the reader or the batch adds it.
    package var position: Position?
    /// Why it was not accepted.
    package var reason: Reason
    /// Which value, and what would be right.
    package var detail: String

    /// The rejection of an object that has a key twice.
    package static let ambiguous = Rejection(.twice, "give each key once")

    /// A text from outside in quotation marks, cut to 40 characters.
    package static func quoted(_ text: some StringProtocol) -> String { "'\(cut(text))'" }

    /// The start of a text from outside: at most `count` Unicode scalars and `4 * count` bytes.
    ///
    /// It counts scalars because a character may have any number of them.
    package static func cut(_ text: some StringProtocol, to count: Int = 40) -> String {
        var start = String.UnicodeScalarView()
        var byteCount = 0
        for scalar in text.unicodeScalars.prefix(count) {
            byteCount += UTF8.width(scalar)
            guard byteCount <= 4 * count else { break }
            start.append(scalar)
        }
        return String(start)
    }

    /// Creates a rejection.
    package init(_ reason: Reason, _ detail: String, at position: Position? = nil) {
        self.reason = reason
        self.detail = detail
        self.position = position
    }

    /// The number of the line, from 1; `nil` if the position is not a line.
    package var line: Int? {
        if case .line(let number)? = position { number } else { nil }
    }

    /// The index of the event in its batch, from 0; `nil` if the position is not in a batch.
    package var batchIndex: Int? {
        if case .batchIndex(let index)? = position { index } else { nil }
    }

    /// The same rejection at a position.
    package func at(_ position: Position) -> Rejection {
        Rejection(reason, detail, at: position)
    }
}
