import Foundation
import Learning
import Prediction
import Recommendations
import Reports
import Shop
import Simulation
import SyntheticShop
import Testing
import Time
import TwinStorage

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// A small shop with a model, from which reports are made.
struct World: Sendable {
    let store: TwinStore
    let model: PredictionModel
    let metrics: TrainingMetrics
    let recommender: Recommender

    /// Texts that would do harm in a page that does not escape, or that no XML may hold.
    static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
        "{{heading}} {{{style}}} {{#subjects}}{{/subjects}}", "]]></style><b>",
        "<!-- --> &amp; &#0;",
        "\u{0}\u{8}\u{1B}[31m\u{FFFE}", "\u{202E}txt.exe",
        "a\"\u{301} onclick=\u{301}alert(1) ",
        "<\u{338}script>", "javascript:alert(1)", "&\u{301}lt;", "\\\"\u{2028}\n\t",
        "http://example.org/x.png", String(repeating: "W", count: 400),
        "日本語の商品名がとても長い場合にどうなるかを調べるための文字列です",
    ]

    /// The usual world.
    static let plain = Result { try World(isHostile: false) }
    /// One in which every name, category, brand and city is hostile.
    static let evil = Result { try World(isHostile: true) }

    private init(isHostile: Bool) throws {
        let shop = try ShopGenerator(.init(customers: 24, items: 60, days: 40, seed: 11))
        let path = FileManager.default.temporaryDirectory.path + "/reports-\(UUID().uuidString)"
        store = try TwinStore(
            path: path, pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 5, count: 32)))
        // The store keeps its files open; their names are not needed any more.
        defer { try? FileManager.default.removeItem(atPath: path) }
        try store.put(
            shop.items.enumerated().map { index, item in
                guard isHostile else { return item }
                var item = item
                item.name = Self.hostile[index % Self.hostile.count] + " \(index)"
                item.category = Self.hostile[index % 5] + " \(index % 9)"
                item.brand = Self.hostile[index % 3]
                return item
            })
        let events = shop.events().map { event in
            guard isHostile else { return event }
            var event = event
            event.city = "<b>\"Bad\" & 'worse'</b>"
            event.query = event.query.map { "<i>{{\($0)}}</i>" }
            return event
        }
        _ = try store.append(events)
        var configuration = TrainingConfiguration(seed: 3, width: 8, epochs: 2)
        configuration.embeddings.epochs = 1
        configuration.minimumItemCount = 1
        let trained = try Trainer(configuration).train(TrainingData(store)) { _ in }
        model = trained.model
        metrics = trained.metrics
        recommender = try Recommender(
            store: store, model: model, version: isHostile ? "<v>\"1\"</v>" : "test/1")
    }

    /// The report of a customer.
    func report(
        _ userID: String, named displayName: String? = nil, paths: Int = 60, days: Double = 14,
        asOf: Timestamp? = nil
    ) throws -> TwinReport {
        let subject = try recommender.subject(userID, asOf: asOf)
        var options = RecommendationOptions()
        options.horizonDays = days
        let futures = try recommender.simulate(
            subject,
            settings: SimulationSettings(horizonSeconds: Int64(days * 86_400), paths: paths))
        let recommendations = try recommender.recommendations(
            subject, futures: futures, options: options)
        return try TwinReport(
            subject: subject, futures: futures, recommendations: recommendations, model: model,
            store: store, displayName: displayName)
    }
}

/// What an XML parser finds in a page.
final class PageReader: NSObject, XMLParserDelegate {
    /// An element with its attributes.
    struct Element {
        var name: String
        var attributes: [String: String]
        var path: [String]
    }

    private(set) var elements: [Element] = []
    /// The text of each kind of element, with the element's own path.
    private(set) var texts: [(path: [String], text: String)] = []
    private var path: [String] = []
    private(set) var problem: String?

    /// Parses a page; a test fails if it is not well-formed.
    init(_ page: String, sourceLocation: SourceLocation = #_sourceLocation) {
        super.init()
        let parser = XMLParser(data: Data(page.utf8))
        parser.shouldResolveExternalEntities = false
        parser.delegate = self
        if !parser.parse() {
            problem =
                "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "unknown")"
        }
        #expect(problem == nil, "The page is not well-formed XML.", sourceLocation: sourceLocation)
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String] = [:]
    ) {
        path.append(name)
        elements.append(Element(name: name, attributes: attributes, path: path))
        texts.append((path, ""))
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
        qualifiedName: String?
    ) {
        path.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        // Text goes to the newest element that is open at this depth.
        guard let index = texts.lastIndex(where: { $0.path == path }) else { return }
        texts[index].text += string
    }

    /// All texts below an element of some name, joined.
    func text(in name: String) -> String {
        texts.filter { $0.path.contains(name) }.map(\.text).joined(separator: " ")
    }

    /// How many elements have some name.
    func count(_ name: String) -> Int { elements.count { $0.name == name } }
}
