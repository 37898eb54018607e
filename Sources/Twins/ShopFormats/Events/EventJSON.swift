package import Foundation
package import Shop

/// Reads events from JSON texts that come as a whole, such as the body of an HTTP request.
///
/// The names of fields and the rules for their values are those of event files: a text is accepted
/// here exactly when it is accepted as a line of a JSON Lines file.
package enum EventJSON {
    /// How the text holds its events.
    package enum Layout: Sendable, CaseIterable {
        /// One event, an array of events, or `{"events": […]}`.
        case document
        /// One event a line; blank lines are passed over.
        case lines
        /// One CloudEvents 1.0 envelope with the event in `data`.
        case cloudEvent
        /// An array of CloudEvents 1.0 envelopes.
        case cloudEventBatch
    }

    /// Events that one text may hold: what is written in one transaction.
    package static let eventCountMax = 10_000
    /// The deepest nesting that is looked into; an event in its envelope needs four levels.
    package static let depthMax = 64

    /// Reads the events of a text, each by itself: a bad one never affects its neighbours.
    ///
    /// In a CloudEvents envelope `id`, `time` and `subject` stand for `event_id`, `timestamp` and
    /// `user_id` where `data` does not name them.
    ///
    /// - Parameters:
    ///   - text: The whole text, in UTF-8.
    ///   - layout: How it holds its events.
    /// - Returns: For each place in the text the event, or why there is none; reading stops after
    ///   one more than ``eventCountMax``.
    /// - Throws: ``TwinsError`` with the code `format` when the text as a whole is not JSON of the
    ///   layout.
    package static func read(
        _ text: Data, layout: Layout
    ) throws(TwinsError) -> [Result<Event, Rejection>] {
        guard String(validating: text, as: UTF8.self) != nil else {
            throw TwinsError(.format, "The text is not UTF-8. Send JSON in UTF-8.")
        }
        if layout == .lines { return lines(text) }
        guard JSONOutline.depth(of: text) <= depthMax else {
            throw TwinsError(.format, "The JSON is nested deeper than \(depthMax) levels.")
        }
        let decoder = JSONDecoder()
        let ambiguous = JSONOutline.ambiguousPlaces(in: text)
        if let key = ambiguousPlacesKey { decoder.userInfo[key] = ambiguous }
        switch layout {
        case .document, .lines:
            if let events = try? decoder.decode(EventList<Flat>.self, from: text) {
                return events.results
            }
            if let wrapper = try? decoder.decode(Wrapper.self, from: text) {
                guard !ambiguous.contains("") else {
                    throw TwinsError(.format, "The object around the events has a key twice.")
                }
                return wrapper.events.results
            }
            return [try single(Flat.self, text, decoder)]
        case .cloudEvent:
            return [try single(Envelope.self, text, decoder)]
        case .cloudEventBatch:
            guard let events = try? decoder.decode(EventList<Envelope>.self, from: text) else {
                throw TwinsError(.format, "The text is not a JSON array of CloudEvents.")
            }
            return events.results
        }
    }

    /// Reads a text that is one event.
    private static func single<Part: EventPart>(
        _ part: Part.Type, _ text: Data, _ decoder: JSONDecoder
    ) throws(TwinsError) -> Result<Event, Rejection> {
        guard let part = try? decoder.decode(part, from: text) else {
            throw TwinsError(.format, "The text is not well-formed JSON.")
        }
        return part.result
    }

    private static func lines(_ text: Data) -> [Result<Event, Rejection>] {
        let decoder = JSONDecoder()
        var results: [Result<Event, Rejection>] = []
        var rest = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...]
        while !rest.isEmpty, results.count <= eventCountMax {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = rest[..<end]
            rest = rest[end...].dropFirst()
            guard line.contains(where: { !" \t\r".utf8.contains($0) }) else { continue }
            let isShallow =
                line.count <= Limits.lineByteCountMax && JSONOutline.depth(of: line) <= depthMax
            var part = (isShallow ? try? decoder.decode(Flat.self, from: line) : nil) ?? Flat()
            part.isAmbiguous = part.keyCount.map { $0 < JSONOutline.keyCount(of: line) } ?? false
            results.append(part.result)
        }
        return results
    }
}

/// Under which a decoder knows the places of ``JSONOutline/ambiguousPlaces(in:)``.
private let ambiguousPlacesKey = CodingUserInfoKey(rawValue: "ambiguousPlaces")

extension Decoder {
    /// Whether the object that is decoded has a key twice.
    fileprivate var isAmbiguous: Bool {
        let places = ambiguousPlacesKey.flatMap { userInfo[$0] } as? Set<String>
        return places?.contains(JSONOutline.place(of: codingPath)) ?? false
    }
}

/// Something in a JSON text that should be an event; decoding it never fails for its content.
private protocol EventPart: Decodable {
    var result: Result<Event, Rejection> { get }
}

/// An array of them, read up to one more than the limit.
private struct EventList<Part: EventPart>: Decodable {
    var results: [Result<Event, Rejection>] = []

    init(from decoder: any Decoder) throws {
        var elements = try decoder.unkeyedContainer()
        while !elements.isAtEnd, results.count <= EventJSON.eventCountMax {
            results.append(try elements.decode(Part.self).result)
        }
    }
}

/// The object `{"events": […]}`.
private struct Wrapper: Decodable {
    var events: EventList<Flat>
}

/// An event as a flat object; `fields` is `nil` for anything else.
private struct Flat: EventPart {
    var fields: [String: String]?
    /// How many keys the object has.
    var keyCount: Int?
    /// Whether it has one of them twice.
    var isAmbiguous = false

    /// Nothing of the kind.
    init() {}

    init(from decoder: any Decoder) throws {
        let values = try? decoder.singleValueContainer().decode([String: JSONScalar].self)
        fields = values?.compactMapValues(\.text)
        keyCount = values?.count
        isAmbiguous = decoder.isAmbiguous
    }

    var result: Result<Event, Rejection> { event(envelope: []) }

    /// Builds the event; fields of the envelope count where the object has none of its own.
    func event(envelope: [(field: EventField, text: String)]) -> Result<Event, Rejection> {
        do throws(Rejection) {
            guard let fields else {
                throw Rejection(.json, "write a flat object of text, numbers and booleans")
            }
            guard !isAmbiguous else { throw Rejection.ambiguous }
            let own = fields.sorted { $0.key < $1.key }
                .map { (field: EventField(name: $0.key), text: $0.value) }
            let named = Set(own.filter { !$0.text.isEmpty }.map(\.field))
            var builder = EventBuilder()
            for (field, text) in envelope where !named.contains(field) {
                try builder.set(field, text)
            }
            for (field, text) in own { try builder.set(field, text) }
            return .success(try builder.build())
        } catch {
            return .failure(error)
        }
    }
}

/// A CloudEvents 1.0 envelope (CloudEvents JSON format, section 3).
private struct Envelope: EventPart {
    private var attributes: [CodingKeys: String] = [:]
    private var data = Flat()
    private var isAmbiguous = false

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case specversion, id, source, type, time, subject, data
    }

    init(from decoder: any Decoder) throws {
        guard let values = try? decoder.container(keyedBy: CodingKeys.self) else { return }
        isAmbiguous = decoder.isAmbiguous
        for key in CodingKeys.allCases where key != .data {
            attributes[key] = (try? values.decode(JSONScalar.self, forKey: key))?.text
        }
        data = (try? values.decode(Flat.self, forKey: .data)) ?? data
    }

    var result: Result<Event, Rejection> {
        guard !isAmbiguous else { return .failure(.ambiguous) }
        for key in [CodingKeys.specversion, .id, .source, .type] where text(key).isEmpty {
            return .failure(Rejection(.missing, "CloudEvents attribute \(key.rawValue)"))
        }
        guard text(.specversion) == "1.0" else {
            return .failure(Rejection(.value, "specversion is not 1.0"))
        }
        guard data.fields != nil else {
            return .failure(Rejection(.json, "put the event into data as a flat object"))
        }
        return data.event(envelope: [
            (.eventID, text(.id)), (.timestamp, text(.time)), (.userID, text(.subject)),
        ])
    }

    private func text(_ key: CodingKeys) -> String { attributes[key] ?? "" }
}
