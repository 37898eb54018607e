import Foundation
import GraphFixtures
import TestSupport
import Testing

@testable import GraphInterchange
@testable import PropertyGraph
@testable import Time

/// Everything a store holds, in a form that is equal only if every bit is.
struct Contents: Equatable, CustomStringConvertible {
    /// Labels in order, those without nodes left out, each with its nodes' names in order.
    var names: [String] = []
    /// Nodes and edges of every graph, by graph.
    var records: [String] = []

    var description: String { (names + records).joined(separator: "\n") }

    init(_ store: GraphStore) throws {
        try store.read { transaction in
            for label in store.labels {
                try store.forEachNode(label, in: transaction) { node, id in
                    names.append("\(exact(label.rawValue)) \(node.index) \(exact(id))")
                }
            }
            var nameOf: [NodeID: String] = [:]
            for label in store.labels {
                try store.forEachNode(label, in: transaction) { node, id in
                    nameOf[node] = "\(exact(label.rawValue)) \(exact(id))"
                }
            }
            try store.forEachGraph(in: transaction) { graph in
                try store.forEachNode(graph: graph, in: transaction) { node in
                    records.append(
                        "\(graph.rawValue) node \(nameOf[node.id] ?? "?") \(exact(node.properties))"
                    )
                }
                var edges: [String] = []
                try store.forEachEdge(graph: graph, in: transaction) { edge in
                    edges.append(
                        "\(graph.rawValue) edge \(nameOf[edge.source] ?? "?") "
                            + "\(exact(edge.type.rawValue)) \(nameOf[edge.target] ?? "?") "
                            + "\(edge.weight.bitPattern) \(edge.count) \(edge.first.rawValue) "
                            + "\(edge.last.rawValue) \(exact(edge.properties))")
                    return true
                }
                // Types without a record of their number come back in the order of their use.
                records += edges.sorted()
                return true
            }
        }
    }
}

/// A text by its bytes.
func exact(_ text: String) -> String {
    text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        ? text : Array(text.utf8).map { String($0, radix: 16) }.joined(separator: ".")
}

/// Properties by their bytes and bits, sorted.
func exact(_ properties: [String: Property]) -> String {
    properties.map { name, property in
        let value =
            switch property {
            case .string(let text): "s" + exact(text)
            case .int(let number): "i\(number)"
            case .double(let number): "d\(number.bitPattern)"
            case .bool(let truth): "b\(truth)"
            case .timestamp(let time): "t\(time.rawValue)"
            case .vector(let numbers): "v\(numbers.map(\.bitPattern))"
            }
        return "\(exact(name))=\(value)"
    }
    .sorted().joined(separator: ",")
}

/// A folder with stores and files, for one test.
final class Workshop: Sendable {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func path(_ name: String) -> String { folder.path + "/" + name }

    func store(
        _ name: String, labels: [Label] = [.person, .book],
        edgeTypes: [EdgeType] = [.likes, .knows]
    ) throws -> GraphStore {
        try GraphStore(path: path(name), labels: labels, edgeTypes: edgeTypes)
    }

    /// Exports a store and loads the file into a new one, which declares what the file says.
    func copy(
        _ store: GraphStore, _ scope: Interchange.Scope = .store, through format: Interchange.Format
    ) throws -> GraphStore {
        let file = path("copy-\(UUID().uuidString).\(format.rawValue)")
        try Interchange.export(store, scope, to: file, as: format)
        return try load(file, format)
    }

    /// Loads a file into a new store.
    func load(_ file: String, _ format: Interchange.Format) throws -> GraphStore {
        let checked = try Interchange.File(path: file, format: format)
        let copy = try self.store(
            "copy-\(UUID().uuidString)", labels: checked.labels, edgeTypes: checked.edgeTypes)
        try Interchange.load(checked, into: copy)
        return copy
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path(name))), as: UTF8.self)
    }

    /// The error of checking a file of this text, its path replaced by `FILE`; nil if there is
    /// none.
    func complaint(about text: String, _ format: Interchange.Format) throws -> String? {
        try complaint(aboutBytes: Array(text.utf8), format)
    }

    func complaint(aboutBytes bytes: [UInt8], _ format: Interchange.Format) throws -> String? {
        let file = path("bad-\(UUID().uuidString).\(format.rawValue)")
        try Data(bytes).write(to: URL(filePath: file))
        return complaint(file, format)
    }

    func complaint(_ file: String, _ format: Interchange.Format) -> String? {
        do {
            _ = try Interchange.File(path: file, format: format)
            return nil
        } catch let error as InterchangeError {
            return error.description.replacingOccurrences(of: file, with: "FILE")
        } catch {
            return "another error: \(error)"
        }
    }
}

/// Texts that go wrong in one format or another.
let nastyTexts: [String] = [
    "plain", " ", " leading", "trailing ", "a b", ",", "a,b", "\"", "\"\"", "a\"b", "'", "''", "'a",
    "a'b", "`", "``", "a`b", "\\", "\\\\", "\\n", "\\u0041", "a\\", "\n", "a\nb", "\r", "\r\n",
    "a\r\nb\n", "\t", "\ta", "a\tb", "\u{0}", "a\u{0}b", "\u{1}", "\u{7}", "\u{8}", "\u{B}",
    "\u{C}", "\u{1B}[0m", "\u{1F}", "\u{7F}", "\u{80}", "\u{85}", "\u{9F}", "\u{A0}", "\u{2028}",
    "\u{2029}", "\u{FEFF}", "\u{FEFF}a", "\u{FFFD}", "\u{FFFE}", "\u{FFFF}", "\u{10FFFF}",
    "=1+1", "+1", "-1", "@a", "=", "&", "&amp;", "&#0;", "<", "</data>", "<!--", "]]>", "<![CDATA[",
    ":", "a:b", "::", "a: b", "_", "_x", "_x_", "_x0000_", "_x005F_", "_x005f_x0041_", "__x0041_",
    "x_x0041", "_X0041_", "id", "id_", "id__", "graph", "weight", "weight_", "label", "type",
    "recorded", "//", "/* */", ";", "{}", "{id: 1}", "${a}", "%00", "true", "null", "NaN", "1",
    "1.0",
    "é", "e\u{301}", "ä", "a\u{308}", "ß", "日本語", "العربية", "עברית", "\u{202E}abc", "👩‍👩‍👧", "🛒",
    "🇩🇪", "\u{1F468}\u{1F3FF}", "a\u{200D}", "\u{301}", "#", "sep=,", "name:string",
    "`\u{301}", " \u{301}", "\"\u{301}", "'\u{301}", ":\u{301}", "_\u{301}", "_x\u{301}",
    "id_\u{301}", "&\u{301}", "<\u{301}", "=\u{301}", ",\u{301}", "\\\u{301}", "\n\u{301}",
]

/// Numbers that go wrong when written with too few digits, or at all.
let nastyNumbers: [Double] = [
    0, -0.0, 1, -1, 0.1, 1 / 3, 1e16, 1e22, 1e23, 123_456_789_012_345_680, .leastNonzeroMagnitude,
    -.leastNonzeroMagnitude, Double.leastNormalMagnitude.nextDown, .leastNormalMagnitude,
    .greatestFiniteMagnitude, .ulpOfOne, .pi,
    .infinity, -.infinity, .nan, -.nan, .signalingNaN, Double(bitPattern: 0x7FF8_0000_DEAD_BEEF),
    Double(bitPattern: 0xFFF0_0000_0000_0001), 9_007_199_254_740_992, 4.35, 0.000001, 1e-7,
]

extension SeededGenerator {
    mutating func nastyProperty() -> Property {
        switch below(7) {
        case 0: .string(chance(0.2) ? "" : pick(nastyTexts))
        case 1: .int(pick([Int64.min, -1, 0, 1, .max]))
        case 2: .double(pick(nastyNumbers))
        case 3: .bool(chance(0.5))
        case 4: .timestamp(Timestamp(rawValue: pick([.min, -1, 0, 1_767_225_600_123, .max])))
        case 5: .vector((0..<below(5)).map { _ in Float(pick(nastyNumbers)) })
        default: .string(pick(nastyTexts) + pick(nastyTexts))
        }
    }

    mutating func nastyProperties() -> [String: Property] {
        var properties: [String: Property] = [:]
        for _ in 0..<below(4) {
            properties[chance(0.1) ? "" : pick(nastyTexts)] = nastyProperty()
        }
        return properties
    }

    mutating func nastyTime() -> Timestamp {
        Timestamp(rawValue: pick([.min, -1, 0, 1, 1_767_225_600_123, .max]))
    }

    /// Fills a store with nodes of odd names, some in no graph, in graphs of odd numbers.
    mutating func fill(_ store: GraphStore, nodes: Int = 30, edges: Int = 60) throws {
        let graphs = [0, 1, 2, 77, UInt64.max - 1, .max].map(GraphID.init(rawValue:))
        try store.write { transaction in
            var ids: [NodeID] = []
            for _ in 0..<nodes {
                let name = pick(nastyTexts) + (chance(0.5) ? String(below(100)) : "")
                ids.append(try store.addNode(pick(store.labels), name, in: transaction))
            }
            for _ in 0..<nodes {
                let node = Node(id: pick(ids), properties: nastyProperties())
                try store.put(node, graph: pick(graphs), in: transaction)
            }
            for _ in 0..<edges {
                let edge = Edge(
                    source: pick(ids), type: pick(store.edgeTypes), target: pick(ids),
                    weight: pick(nastyNumbers), count: pick([0, 1, 7, .max]), first: nastyTime(),
                    last: nastyTime(), properties: chance(0.5) ? nastyProperties() : [:])
                try store.put(edge, graph: pick(graphs), in: transaction)
            }
        }
    }
}
