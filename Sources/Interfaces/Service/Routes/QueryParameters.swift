import Hummingbird
import Shop
import Time

/// The parameters of a request's query, each read once with its type and range.
///
/// An unreadable value is answered 400, a value out of range 422. Both answers name the parameter
/// and its range, and never repeat the value.
struct QueryParameters {
    private let values: [String: String]

    /// Takes the parameters of a request.
    ///
    /// - Throws: ``Problem`` for a parameter that is not among those allowed, or comes twice.
    init(_ request: Request, allowed: Set<String>) throws(Problem) {
        var values: [String: String] = [:]
        for (key, value) in request.uri.queryParameters where !(key.isEmpty && value.isEmpty) {
            let name = String(key)
            guard allowed.contains(name) else {
                // A misspelt parameter must not pass for the default.
                let names = allowed.sorted().joined(separator: ", ")
                throw Problem(
                    .badRequest, "unknown-parameter",
                    allowed.isEmpty
                        ? "This path takes no parameters."
                        : "There is a parameter that this path does not take. Use \(names).")
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw Problem(.badRequest, "repeated-parameter", "\(name) is given twice.")
            }
        }
        self.values = values
    }

    /// A whole number within a range.
    func integer(_ name: String, in range: ClosedRange<Int>, default: Int) throws(Problem) -> Int {
        guard let text = values[name] else { return `default` }
        let bounds = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let value = Int(text) else {
            // A number with too many digits is out of every range.
            throw Self.isWhole(text) ? outOfRange(name, bounds) : unreadable(name, bounds)
        }
        guard range.contains(value) else { throw outOfRange(name, bounds) }
        return value
    }

    /// A number within a range.
    func number(
        _ name: String, in range: ClosedRange<Double>, default: Double
    ) throws(Problem) -> Double {
        guard let text = values[name] else { return `default` }
        let bounds = "a number from \(range.lowerBound) to \(range.upperBound)"
        // `Double` would take hexadecimal numbers too, and end at a NUL.
        guard Self.isDecimal(text), let value = Double(text) else {
            throw unreadable(name, bounds)
        }
        guard range.contains(value) else { throw outOfRange(name, bounds) }
        return value
    }

    /// A seed: any number of 64 bits without sign.
    func seed(_ name: String, default: UInt64) throws(Problem) -> UInt64 {
        guard let text = values[name] else { return `default` }
        let bounds = "a whole number from 0 to \(UInt64.max)"
        guard let value = UInt64(text) else {
            throw Self.isWhole(text) ? outOfRange(name, bounds) : unreadable(name, bounds)
        }
        return value
    }

    /// `true` or `false`.
    func flag(_ name: String, default: Bool) throws(Problem) -> Bool {
        guard let text = values[name] else { return `default` }
        guard let value = Bool(text) else { throw unreadable(name, "true or false") }
        return value
    }

    /// One of some words.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default: Choice
    ) throws(Problem) -> Choice where Choice.RawValue == String {
        guard let text = values[name] else { return `default` }
        guard let value = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw unreadable(name, "one of \(words)")
        }
        return value
    }

    /// A time in a form of event files.
    func time(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = values[name] else { return nil }
        let wanted = "a time from 1900 to 2199, such as 2026-03-01T12:00:00Z"
        guard let time = Timestamp(text: text) else { throw unreadable(name, wanted) }
        guard Timestamp.accepted.contains(time) else {
            throw outOfRange(name, wanted)
        }
        return time
    }

    private static func isWhole(_ text: String) -> Bool {
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        return !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// Whether a text has only letters of decimal numbers, or is one of those that are out of every
    /// range.
    private static func isDecimal(_ text: String) -> Bool {
        let isWord = ["nan", "inf", "infinity"].contains {
            $0 == text.lowercased().drop { "+-".contains($0) }
        }
        return isWord
            || text.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
    }

    private func unreadable(_ name: String, _ wanted: String) -> Problem {
        Problem(.badRequest, "unreadable-parameter", "\(name) cannot be read. Use \(wanted).")
    }

    private func outOfRange(_ name: String, _ wanted: String) -> Problem {
        Problem(.unprocessableContent, "out-of-range", "\(name) is out of range. Use \(wanted).")
    }
}
