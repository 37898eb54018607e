package import Foundation
package import Shop

/// Reads events from whole JSON texts, such as the body of an HTTP request.
///
/// Names of fields and rules for values are those of event files: an object is accepted here
/// exactly if it is accepted as a line of a JSON Lines file.
package enum EventJSON {
    /// How the text holds its events.
    package enum Layout: Sendable, CaseIterable {
        /// One event, an array of events, or `{"events": […]}`.
        case document
        /// One event a line; blank lines are skipped.
        case lines
        /// One CloudEvents 1.0 envelope with the event in `data`.
        case cloudEvent
        /// An array of CloudEvents 1.0 envelopes.
        case cloudEventBatch
    }

    /// The most events of one text.
    ///
    /// All of them are written in one transaction.
    package static let eventCountMax = 10_000

    /// Reads the events of a text.
    ///
    /// A bad event does not affect the others.
    ///
    /// In a CloudEvents envelope `id`, `time` and `subject` are used as `event_id`, `timestamp` and
    /// `user_id` if `data` does not have them.
    ///
    /// - Parameters:
    ///   - text: The whole text, in UTF-8.
    ///   - layout: How it holds its events.
    /// - Returns: The event or its rejection, for each element of the text. Reading stops after one
    ///   more than ``eventCountMax``.
    /// - Throws: ``TwinsError`` with the code `format` if the text is not JSON of the layout, is
    ///   nested deeper than 64 levels, or has more than 200,000 arrays and objects.
    /// - Complexity: O(bytes).
    package static func read(
        _ text: Data, layout: Layout
    ) throws(TwinsError) -> [Result<Event, Rejection>] {
        let bytes = [UInt8](text)
        guard (try? UTF8Span(validating: bytes.span)) != nil else {
            throw TwinsError(.format, "The text is not UTF-8. Send JSON in UTF-8.")
        }
        var reading = EventReading()
        guard layout != .lines else { return reading.lines(bytes) }
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        var scanner = JSONScanner(bytes.dropFirst(hasMark ? 3 : 0))
        do throws(JSONScanner.Flaw) {
            let results: [Result<Event, Rejection>]?
            switch layout {
            case .document, .lines: results = try reading.document(&scanner)
            case .cloudEvent: results = [try reading.envelope(&scanner)]
            case .cloudEventBatch: results = try reading.envelopes(&scanner)
            }
            try scanner.finish()
            if let results { return results }
        } catch {
            throw TwinsError(.format, sentence(error))
        }
        switch reading.wrapperFlaw {
        case nil: throw TwinsError(.format, "The text is not a JSON array of CloudEvents.")
        case Rejection.ambiguous?:
            throw TwinsError(.format, "The object around the events has a key twice.")
        case let flaw?:
            throw TwinsError(
                .format, "The object around the events cannot be used: \(flaw.detail).")
        }
    }

    private static func sentence(_ flaw: JSONScanner.Flaw) -> String {
        switch flaw {
        case .malformed: "The text is not well-formed JSON."
        case .deep: "The JSON is nested deeper than \(JSONScanner.depthMax) levels."
        case .manyContainers:
            "The JSON has more than \(JSONScanner.containerCountMax) arrays and objects."
        }
    }
}

/// Builds events from JSON values.
private struct EventReading {
    private typealias Outcome = Result<Event, Rejection>

    private var fieldNames = EventFieldNames()
    /// Why the object around the events cannot be used; `nil` if it can.
    private(set) var wrapperFlaw: Rejection?

    /// The events of lines.
    mutating func lines(_ text: [UInt8]) -> [Result<Event, Rejection>] {
        var results: [Outcome] = []
        var position = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while results.count <= EventJSON.eventCountMax {
            // Blank lines, and blanks before an object.
            while position < text.count, Self.isBlank(text[position]) { position += 1 }
            guard position < text.count else { break }
            let end = text[position...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            let line = text[position..<end]
            position = end
            guard line.count <= Limits.lineByteCountMax else {
                results.append(
                    .failure(
                        Rejection(
                            .value, "the line is longer than \(Limits.lineByteCountMax) bytes")))
                continue
            }
            do throws(Rejection) {
                results.append(.success(try event(FlatObject.line(line), envelope: [])))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    /// One event, an array of events, or an object around them.
    ///
    /// - Returns: The events; `nil` for an object around events with a ``wrapperFlaw``.
    mutating func document(
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Flaw) -> [Result<Event, Rejection>]? {
        switch try scanner.peek() {
        case UInt8(ascii: "["): return try list(&scanner, Self.flat)
        case UInt8(ascii: "{"): break
        default: return [try Self.flat(&self, &scanner)]
        }
        try scanner.open(UInt8(ascii: "{"))
        var object = FlatObject()
        var wrapped: [Outcome]?
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
            let name = object.accept(key)
            if name == "events", try scanner.peek() == UInt8(ascii: "[") {
                wrapped = try list(&scanner, Self.flat)
            } else if let name {
                object.add(name, try scanner.scalar())
            } else {
                try scanner.skipValue()
            }
        }
        guard let wrapped else {
            return [object.result.flatMap { fields in result(fields, envelope: []) }]
        }
        wrapperFlaw = object.keyFlaw
        return wrapperFlaw == nil ? wrapped : nil
    }

    /// An array of CloudEvents; `nil` if the text is something else.
    mutating func envelopes(
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Flaw) -> [Result<Event, Rejection>]? {
        guard try scanner.peek() == UInt8(ascii: "[") else {
            try scanner.skipValue()
            return nil
        }
        return try list(&scanner) { reading, scanner throws(JSONScanner.Flaw) in
            try reading.envelope(&scanner)
        }
    }

    /// The elements of an array, read up to one more than the limit.
    private mutating func list(
        _ scanner: inout JSONScanner,
        _ element: (inout EventReading, inout JSONScanner) throws(JSONScanner.Flaw) -> Outcome
    ) throws(JSONScanner.Flaw) -> [Outcome] {
        var results: [Outcome] = []
        try scanner.open(UInt8(ascii: "["))
        var isFirst = true
        while try scanner.nextElement(&isFirst) {
            if results.count <= EventJSON.eventCountMax {
                results.append(try element(&self, &scanner))
            } else {
                try scanner.skipValue()
            }
        }
        return results
    }

    private static func flat(
        _ reading: inout EventReading, _ scanner: inout JSONScanner
    ) throws(JSONScanner.Flaw) -> Outcome {
        try FlatObject.take(&scanner).flatMap { reading.result($0, envelope: []) }
    }

    private mutating func result(
        _ fields: [FlatObject.Field], envelope: [(field: EventField, text: String)]
    ) -> Outcome {
        do throws(Rejection) {
            return .success(try event(fields, envelope: envelope))
        } catch {
            return .failure(error)
        }
    }

    /// Builds an event.
    ///
    /// Fields of the envelope are used if the object does not have them.
    private mutating func event(
        _ fields: [FlatObject.Field], envelope: [(field: EventField, text: String)]
    ) throws(Rejection) -> Event {
        var builder = EventBuilder()
        for (name, text) in fields { try builder.set(fieldNames[name], text) }
        for (field, text) in envelope where !builder.has(field) { try builder.set(field, text) }
        return try builder.build()
    }

    // MARK: CloudEvents

    /// A CloudEvents 1.0 envelope (CloudEvents JSON format, section 3).
    mutating func envelope(
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Flaw) -> Result<Event, Rejection> {
        var envelope = Envelope()
        guard try scanner.peek() == UInt8(ascii: "{") else {
            try scanner.skipValue()
            return .failure(Rejection(.missing, "CloudEvents attribute specversion"))
        }
        try scanner.open(UInt8(ascii: "{"))
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
            switch envelope.keys.accept(key) {
            case "data": envelope.data = try FlatObject.take(&scanner)
            case .some(let name) where Envelope.attributeNames.contains(name):
                if case .text(let text) = try scanner.scalar() { envelope.attributes[name] = text }
            default: try scanner.skipValue()
            }
        }
        do throws(Rejection) {
            let data = try envelope.checkedData()
            return .success(
                try event(
                    data,
                    envelope: [
                        (.eventID, envelope.text("id")), (.timestamp, envelope.text("time")),
                        (.userID, envelope.text("subject")),
                    ]))
        } catch {
            return .failure(error)
        }
    }
}

/// The attributes and the data of a CloudEvents envelope.
private struct Envelope {
    static let attributeNames: Set<String> = [
        "specversion", "id", "source", "type", "time", "subject",
    ]

    var keys = FlatObject()
    var attributes: [String: String] = [:]
    var data: Result<[FlatObject.Field], Rejection>?

    func text(_ name: String) -> String { attributes[name] ?? "" }

    /// The fields of the event inside.
    ///
    /// - Throws: ``Rejection`` if the envelope is not valid.
    func checkedData() throws(Rejection) -> [FlatObject.Field] {
        _ = try keys.result.get()
        for name in ["specversion", "id", "source", "type"] where text(name).isEmpty {
            throw Rejection(.missing, "CloudEvents attribute \(name)")
        }
        guard text("specversion") == "1.0" else {
            throw Rejection(.value, "specversion is not 1.0")
        }
        switch data {
        case .success(let fields): return fields
        case .failure(let rejection) where rejection != FlatObject.notFlat: throw rejection
        case .failure, nil: throw Rejection(.json, "put the event into data as a flat object")
        }
    }
}
