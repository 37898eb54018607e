import Foundation

/// What the punctuation of a JSON text tells, without its values.
///
/// Decoding takes one of several values of the same key without a word; who sent them may have
/// meant the other one. So keys are counted here, before they are lost.
enum JSONOutline {
    /// The number of brackets and braces that are open at once.
    static func depth(of text: some Collection<UInt8>) -> Int {
        var depth = 0
        var deepest = 0
        walk(text) { token in
            switch token {
            case .mark(UInt8(ascii: "[")), .mark(UInt8(ascii: "{")):
                depth += 1
                deepest = max(deepest, depth)
            case .mark(UInt8(ascii: "]")), .mark(UInt8(ascii: "}")): depth -= 1
            default: break
            }
        }
        return deepest
    }

    /// The number of keys of a flat object, the same ones counted each time.
    static func keyCount(of object: some Collection<UInt8>) -> Int {
        var count = 0
        walk(object) { if case .mark(UInt8(ascii: ":")) = $0 { count += 1 } }
        return count
    }

    /// The places of the objects that have a key twice; see ``place(of:)``.
    static func ambiguousPlaces(in text: Data) -> Set<String> {
        var places: Set<String> = []
        var open: [Container] = []
        var string: Range<Data.Index>?
        walk(text) { token in
            let last = open.count - 1
            switch token {
            case .string(let range): string = range
            case .mark(UInt8(ascii: "{")), .mark(UInt8(ascii: "[")):
                open.append(Container(in: open.last))
            case .mark(UInt8(ascii: "}")), .mark(UInt8(ascii: "]")): _ = open.popLast()
            case .mark(UInt8(ascii: ",")) where last >= 0: open[last].index += 1
            case .mark(UInt8(ascii: ":")) where last >= 0:
                guard let range = string else { break }
                let key = key(text[range])
                open[last].key = key
                if !open[last].keys.insert(key).inserted { places.insert(open[last].place) }
            default: break
            }
        }
        return places
    }

    /// Where in a text a value is: keys and places in arrays on the way to it.
    static func place(of path: [any CodingKey]) -> String {
        path.map { "/" + ($0.intValue.map(String.init) ?? $0.stringValue) }.joined()
    }

    /// An object or array that is not closed yet.
    private struct Container {
        let place: String
        var keys: Set<String> = []
        var key: String?
        var index = 0

        init(in parent: Container?) {
            place = parent.map { "\($0.place)/\($0.key ?? String($0.index))" } ?? ""
        }
    }

    private enum Token<Index: Comparable> {
        /// A bracket, brace, colon or comma.
        case mark(UInt8)
        /// A string, with its quotes.
        case string(Range<Index>)
    }

    private static func walk<Text: Collection<UInt8>>(
        _ text: Text, _ visit: (Token<Text.Index>) -> Void
    ) {
        var start: Text.Index?
        var isEscaped = false
        var position = text.startIndex
        while position < text.endIndex {
            let byte = text[position]
            let here = position
            text.formIndex(after: &position)
            if let begun = start {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    visit(.string(begun..<position))
                    start = nil
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): start = here
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
                UInt8(ascii: ":"), UInt8(ascii: ","):
                visit(.mark(byte))
            default: break
            }
        }
    }

    /// The text of a string with its quotes.
    private static func key(_ quoted: Data) -> String {
        if quoted.contains(UInt8(ascii: "\\")),
            let key = try? JSONDecoder().decode(String.self, from: quoted)
        {
            return key
        }
        return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
    }
}
