import Foundation
import PropertyGraph
import Time

/// What nodes are called, for people and for programs.
struct NodeNames {
    private struct Name {
        var label: String
        var id: String
        /// What the catalogue calls it, if that is not its id.
        var name: String?
    }

    private var names: [NodeID: Name] = [:]
    private let customerNode: NodeID?

    /// Reads the names of some nodes.
    init(_ nodes: some Sequence<NodeID>, in source: GraphSource) throws {
        customerNode = source.customerNode
        let store = source.store
        names = try store.read { transaction in
            var names: [NodeID: Name] = [:]
            for node in Set(nodes) {
                let id = try store.externalID(of: node, in: transaction) ?? "?"
                let known = try store.properties(
                    of: node, graph: source.namingGraph, in: transaction)
                let name = known?["name"]?.string
                names[node] = Name(
                    label: store.label(of: node)?.rawValue ?? "?", id: id,
                    name: name == id ? nil : name)
            }
            return names
        }
    }

    /// Reads the names of the ends of some edges.
    init(ofEnds edges: some Sequence<Edge>, in source: GraphSource) throws {
        try self.init(edges.flatMap { [$0.source, $0.target] }, in: source)
    }

    /// What to call a node: `me`, an item's id and name, or `Label:id`.
    func text(_ node: NodeID) -> String {
        if node == customerNode { return "me" }
        guard let name = names[node] else { return "?" }
        let id = name.label == "Item" ? name.id : "\(name.label):\(name.id)"
        return shortened(printable(name.name.map { "\(id)  \($0)" } ?? id), to: 56)
    }

    /// The same in a sentence.
    func phrase(_ node: NodeID) -> String {
        guard node != customerNode, let name = names[node], let called = name.name else {
            return text(node)
        }
        let id = name.label == "Item" ? name.id : "\(name.label):\(name.id)"
        return shortened(printable("\(id) (\(called))"), to: 56)
    }

    /// The same for programs.
    func json(_ node: NodeID) -> NodeJSON {
        let name = names[node]
        return NodeJSON(label: name?.label ?? "?", id: name?.id ?? "?", name: name?.name)
    }

    /// An edge for programs.
    func json(_ edge: Edge, weight: Double) -> EdgeJSON {
        EdgeJSON(
            from: json(edge.source), type: edge.type.rawValue, to: json(edge.target),
            weight: weight, count: edge.count, first: edge.first.iso8601, last: edge.last.iso8601)
    }
}

/// A node in JSON.
struct NodeJSON: Encodable {
    var label: String
    var id: String
    var name: String?
}

/// An edge in JSON.
struct EdgeJSON: Encodable {
    var from: NodeJSON
    var type: String
    var to: NodeJSON
    var weight: Double
    var count: UInt64
    var first: String
    var last: String
}

/// The graph of an answer, in JSON.
struct GraphSourceJSON: Encodable {
    var graph: String
    var twin: String?
    var asOf: String?

    init(_ source: GraphSource) {
        graph = source.customer != nil ? "twin" : "\(source.graph.rawValue)"
        if source.twins != nil, source.customer == nil { graph = "shared" }
        twin = source.customer
        asOf = source.asOf?.iso8601
    }
}

/// An edge with its weight as of the time of the query.
struct HeavyEdge {
    let edge: Edge
    let weight: Double
}

/// A table of edges, each as it is seen from outside.
func edgeTable(_ edges: [HeavyEdge], _ names: NodeNames) -> [String] {
    var table = Table("from", "type", "to", "#weight", "#times", "first", "last")
    for entry in edges {
        let edge = entry.edge
        table.add(
            names.text(edge.source), printable(edge.type.rawValue), names.text(edge.target),
            figure(entry.weight), grouped(Int(clamping: edge.count)), edge.first.date,
            edge.last.date)
    }
    return table.lines()
}

/// A weight or a score with as many digits as matter.
func figure(_ value: Double) -> String {
    let size = abs(value)
    if value == value.rounded(), size < 1e9 { return grouped(Int(value)) }
    return switch size {
    case 1..<1e9: String(format: "%.2f", value)
    case 0.001..<1: String(format: "%.3f", value)
    default: String(format: "%.2g", value)
    }
}

/// A property's value for people; vectors are told by their length.
func text(_ property: Property) -> String {
    switch property {
    case .string(let value): shortened(printable(value), to: 76)
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .timestamp(let value): value.iso8601
    case .vector(let values): "a vector of \(values.count) numbers"
    }
}

/// A property's value in JSON; numbers that JSON does not know are text.
struct PropertyJSON: Encodable {
    let property: Property

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch property {
        case .string(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value):
            if value.isFinite {
                try container.encode(value)
            } else {
                try container.encode("\(value)")
            }
        case .bool(let value): try container.encode(value)
        case .timestamp(let value): try container.encode(value.iso8601)
        case .vector(let values):
            if values.allSatisfy(\.isFinite) {
                try container.encode(values)
            } else {
                try container.encode(values.map { "\($0)" })
            }
        }
    }
}
