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
        /// The object has a key twice, and there is no telling which value was meant.
        case twice = "the same key twice"
        /// A required value is empty.
        case missing = "required value missing"
        /// The event type is not in the vocabulary.
        case type = "unknown event type"
        /// The time cannot be read or lies outside 1900 to 2200.
        case timestamp = "unreadable timestamp"
        /// The time is later than events can be.
        case future = "time in the future"
        /// A number cannot be read, is negative or is out of range.
        case number = "unreadable number"
        /// A value or the line is too long, or holds control characters.
        case value = "value too long or with control characters"
        /// The same event id came before with another content.
        case conflict = "same event id, different content"
        /// The item is not in the catalogue, and unknown items are not to be created.
        case unknownItem = "item not in the catalogue"
        /// The customer's twin was erased, and nothing more may be stored of them.
        case erased = "customer was erased"
        /// The customer has as many events as one may have.
        case tooManyEvents = "customer has too many events"
        /// The batch has added as many items as one may add.
        case tooManyItems = "too many new items at once"
        /// A city is named by a postcode, coordinates or something else that is none.
        case city = "not a city's name"
        /// The end of something is before its beginning.
        case order = "it ends before it begins"
        /// An event of a calendar does not end, or is not written as one.
        case calendar = "not a whole calendar event"
    }

    /// The line's number in its source, from 1; the event's place in a batch over HTTP.
    package var line: Int
    /// Why it was not accepted.
    package var reason: Reason
    /// Which value, and what would be right.
    package var detail: String

    /// What is said of an object that has a key twice.
    package static let ambiguous = Rejection(.twice, "give each key once")

    /// A text from outside as a detail quotes it: in quotation marks, and cut.
    package static func quoted(_ text: some StringProtocol) -> String { "'\(cut(text))'" }

    /// The start of a text from outside: so many characters, and four times as many bytes at most.
    ///
    /// Characters are Unicode scalars, since one character as people see it may have any length.
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

    /// Makes a rejection.
    package init(line: Int = 0, _ reason: Reason, _ detail: String) {
        self.line = line
        self.reason = reason
        self.detail = detail
    }
}
