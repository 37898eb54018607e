import LMDB
package import PropertyGraph
package import TestSupport
import Time

extension Label {
    package static let person = Label(rawValue: "Person")
    package static let book = Label(rawValue: "Book")
}

extension EdgeType {
    package static let likes = EdgeType(rawValue: "LIKES")
    package static let knows = EdgeType(rawValue: "KNOWS")
}

/// A store with two labels and two edge types, in a folder of its own.
///
/// The store comes first, so that it is closed before its folder is removed.
package final class Fixture: Sendable {
    package let store: GraphStore
    package let folder: TemporaryFolder

    package init(folder: TemporaryFolder? = nil, indexes: [PropertyIndex] = []) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        store = try open(folder, indexes: indexes)
    }

    /// Adds nodes of a label named by their letters.
    package func add(_ label: Label, _ names: String...) throws -> [NodeID] {
        try store.write { transaction in
            try names.map { try store.addNode(label, $0, in: transaction) }
        }
    }

    package func put(_ edges: Edge..., graph: GraphID) throws {
        try store.write { transaction in
            for edge in edges { try store.put(edge, graph: graph, in: transaction) }
        }
    }

    /// All edges of a graph, in the order in which they are visited.
    package func edges(_ graph: GraphID) throws -> [Edge] {
        try store.read { transaction in
            var edges: [Edge] = []
            try store.forEachEdge(graph: graph, in: transaction) {
                edges.append($0)
                return true
            }
            return edges
        }
    }

    /// The edges that leave a node.
    package func edges(from node: NodeID, _ type: EdgeType? = nil, graph: GraphID) throws -> [Edge]
    {
        try store.read { transaction in
            var edges: [Edge] = []
            try store.forEachEdge(from: node, type, graph: graph, in: transaction) {
                edges.append($0)
                return true
            }
            return edges
        }
    }

    /// The edges that enter a node.
    package func edges(to node: NodeID, _ type: EdgeType? = nil, graph: GraphID) throws -> [Edge] {
        try store.read { transaction in
            var edges: [Edge] = []
            try store.forEachEdge(to: node, type, graph: graph, in: transaction) {
                edges.append($0)
                return true
            }
            return edges
        }
    }

    /// The node of a name, if there is one.
    package func node(_ label: Label, _ name: String) throws -> NodeID? {
        try store.read { try store.node(label, name, in: $0) }
    }

    /// The name of a node, if it has one.
    package func name(_ node: NodeID) throws -> String? {
        try store.read { try store.externalID(of: node, in: $0) }
    }

    package func count(_ label: Label) throws -> Int {
        try store.read { try store.nodeCount(label, in: $0) }
    }

    package func properties(_ node: NodeID, graph: GraphID) throws -> [String: Property]? {
        try store.read { try store.properties(of: node, graph: graph, in: $0) }
    }

    package func nodes(_ graph: GraphID) throws -> [Node] {
        try store.read { transaction in
            var nodes: [Node] = []
            try store.forEachNode(graph: graph, in: transaction) { nodes.append($0) }
            return nodes
        }
    }
}

package func open(
    _ folder: TemporaryFolder, labels: [Label] = [.person, .book],
    edgeTypes: [EdgeType] = [.likes, .knows], indexes: [PropertyIndex] = [],
    reverseIndex: GraphStore.ReverseIndex = .everyGraph, access: GraphStore.Access = .create
) throws -> GraphStore {
    try GraphStore(
        path: folder.path + "/store", labels: labels, edgeTypes: edgeTypes, indexes: indexes,
        reverseIndex: reverseIndex, access: access)
}

/// An edge with a weight, at one moment.
package func edge(
    _ source: NodeID, _ type: EdgeType, _ target: NodeID, weight: Double = 1, seconds: Int64 = 0
) -> Edge {
    let time = Timestamp(seconds: seconds)
    return Edge(source: source, type: type, target: target, weight: weight, first: time, last: time)
}

/// The code of the `GraphError` that `body` throws; nil if it throws none.
package func code(_ body: () throws -> Void) -> GraphError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? GraphError)?.code
    }
}

/// Whether `body` throws an error of the graph or of the database below it, which has a message.
package func throwsTyped(_ body: () throws -> Void) -> Bool {
    do {
        try body()
        return false
    } catch let error as GraphError {
        return !error.description.isEmpty
    } catch let error as LMDBError {
        return error.code == .corruptRecord && !error.message.isEmpty
    } catch {
        return false
    }
}

extension SeededGenerator {
    /// Any kind of property, with the values that most often go wrong among them.
    package mutating func property() -> Property {
        switch below(6) {
        case 0: .string(["", "ä", "👩‍👩‍👧", String(repeating: "x", count: 300)][below(4)])
        case 1: .int([Int64.min, -1, 0, 1, .max][below(5)])
        case 2: .double([-Double.infinity, -0.0, .leastNonzeroMagnitude, 0.1, .infinity][below(5)])
        case 3: .bool(chance(0.5))
        case 4: .timestamp(Timestamp(rawValue: [Int64.min, 0, 1_767_225_600_000, .max][below(4)]))
        default: .vector((0..<below(9)).map { Float($0) / 3 })
        }
    }

    package mutating func properties() -> [String: Property] {
        var properties: [String: Property] = [:]
        for index in 0..<below(5) { properties["p\(index)"] = property() }
        return properties
    }
}
