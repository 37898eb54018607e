import Foundation
import Shop

/// The used part of a response of Open-Meteo.
struct WeatherResponse {
    /// The values by day, and their units by field.
    struct Daily {
        var time: [String]
        var mean: [Double?]?
        var greatest: [Double?]?
        var least: [Double?]?
        var precipitation: [Double?]?
        var units: [String: String]
    }

    private let document: Document

    /// Parses a response.
    init(_ text: Data, named file: String) throws(TwinsError) {
        try Self.check(text, file)
        let first = text.first { $0 > 0x20 }
        guard first != UInt8(ascii: "[") else {
            throw TwinsError(
                .format,
                "\(file) is a list: the weather of several places. Fetch one city a file.")
        }
        do {
            document = try JSONDecoder().decode(Document.self, from: text)
        } catch let error as DecodingError {
            throw TwinsError(.format, "\(file) is not an answer of Open-Meteo: \(error.location).")
        } catch {
            throw TwinsError(.format, "\(file) is not an answer of Open-Meteo.")
        }
    }

    /// Five series of days and some values around them.
    ///
    /// The limit protects the memory, because the decoder builds all values before any can be
    /// checked.
    private static let valueCountMax = 5 * Limits.feedRecordCountMax + 10_000

    /// Checks that a text is JSON and has no more values than a response can have.
    static func check(
        _ text: Data, _ file: String, valueCountMax: Int = WeatherResponse.valueCountMax
    ) throws(TwinsError) {
        var scanner = JSONScanner([UInt8](text)[...])
        do throws(JSONScanner.Flaw) {
            try scanner.skipValue()
            try scanner.finish()
        } catch {
            let what =
                switch error {
                case .malformed: "is not an answer of Open-Meteo: it is not well-formed JSON"
                case .deep: "is nested deeper than \(JSONScanner.depthMax) levels"
                case .manyContainers: "has too many lists. Give it in parts"
                }
            throw TwinsError(.format, "\(file) \(what).")
        }
        guard scanner.valueCount <= valueCountMax else {
            throw TwinsError(
                .format, "\(file) has more than \(valueCountMax) values. Give it in parts.")
        }
    }

    /// The values by day.
    ///
    /// - Throws: ``TwinsError`` if the response has no daily values.
    func checkedDaily(_ file: String) throws(TwinsError) -> Daily {
        if document.error == true {
            let reason = Rejection.cut(document.reason ?? "no reason", to: 200)
            throw TwinsError(
                .format, "\(file) is not weather but what went wrong: \(reason). Fetch it again.")
        }
        guard let daily = document.daily else {
            throw TwinsError(
                .format,
                "\(file) has no daily values. Ask Open-Meteo for daily=temperature_2m_mean,"
                    + "precipitation_sum.")
        }
        guard daily.time.count <= Limits.feedRecordCountMax else {
            throw TwinsError(
                .format, "\(file) has more than \(Limits.feedRecordCountMax) days. Give parts.")
        }
        return Daily(
            time: daily.time, mean: daily.mean, greatest: daily.greatest, least: daily.least,
            precipitation: daily.precipitation, units: document.units ?? [:])
    }

    private struct Document: Decodable {
        struct Days: Decodable {
            var time: [String]
            var mean: [Double?]?
            var greatest: [Double?]?
            var least: [Double?]?
            var precipitation: [Double?]?

            enum CodingKeys: String, CodingKey {
                case time
                case mean = "temperature_2m_mean"
                case greatest = "temperature_2m_max"
                case least = "temperature_2m_min"
                case precipitation = "precipitation_sum"
            }
        }

        var daily: Days?
        var units: [String: String]?
        var error: Bool?
        var reason: String?

        enum CodingKeys: String, CodingKey {
            case daily, error, reason
            case units = "daily_units"
        }
    }
}

extension DecodingError {
    /// The path of the error in the JSON text, and what is wrong there.
    fileprivate var location: String {
        func path(_ keys: [any CodingKey]) -> String {
            keys.reduce("") { text, key in
                if let index = key.intValue { return "\(text)[\(index)]" }
                return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
            }
        }
        switch self {
        case .keyNotFound(let key, let context):
            return "\(path(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context): return "\(path(context.codingPath)) is of another kind"
        case .valueNotFound(_, let context): return "\(path(context.codingPath)) is null"
        default: return "it is not well-formed JSON"
        }
    }
}
