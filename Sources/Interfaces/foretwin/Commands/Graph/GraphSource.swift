import ArgumentParser
import PropertyGraph
import Time
import TwinStorage

/// A question that can be asked of a graph, wherever it is.
protocol GraphQuestion {
    associatedtype Finding

    /// Finds the answer; the graph is gone afterwards.
    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Finding
}

/// One graph of an open store, as of one time.
struct GraphSource {
    let store: GraphStore
    /// The store, if it holds twins.
    var twins: TwinStore?
    /// The name of the graph in a sentence.
    let title: String
    /// The time of the query; nil in a store without events.
    var asOf: Timestamp?
    /// The graph, if it is read from the store.
    var graph = GraphID.shared
    /// The customer whose twin it is.
    var customer: String?
    /// Their node.
    var customerNode: NodeID?
    /// The graph, if it is not read from the store.
    var memory: InMemoryGraph?

    /// The decay of weights as of the time; none in a store without a half-life.
    var decay: Decay {
        guard let twins, let asOf else { return .asStored }
        return Decay(at: asOf, halfLifeSeconds: twins.settings.halfLifeSeconds)
    }

    /// The name of the graph and the time, as a title.
    var heading: String {
        let title = title.prefix(1).uppercased() + title.dropFirst()
        guard let asOf else { return title }
        return customer == nil
            ? "\(title), with weights as of \(asOf.iso8601)" : "\(title), as of \(asOf.iso8601)"
    }

    /// Asks a question.
    func ask<Question: GraphQuestion>(_ question: Question) throws -> Question.Finding {
        if let memory { return try question.ask(memory) }
        return try store.read(graph: graph) { try question.ask($0) }
    }

    /// The graph in which the catalogue says what things are called.
    var namingGraph: GraphID { memory == nil ? graph : .shared }

    /// The edge types of some names; nil for no names, which means all types.
    func types(_ names: [String]) throws -> [EdgeType]? {
        guard !names.isEmpty else { return nil }
        let known = store.edgeTypes
        return try names.map { name in
            let wanted = name.uppercased()
            let exact = known.first { $0.rawValue == name }
            guard let type = exact ?? known.first(where: { $0.rawValue.uppercased() == wanted })
            else {
                let there = try ask(TypesQuestion()).map(\.rawValue).sorted()
                throw ValidationError(
                    "There is no edge type '\(printable(name))'. "
                        + "\(title.prefix(1).uppercased() + title.dropFirst()) has "
                        + "\(there.isEmpty ? "no edges" : there.joined(separator: ", ")).")
            }
            return type
        }
    }

    /// The node that a text names: `Label:id`, the id of an item, or `me`.
    ///
    /// - Throws: `ValidationError` for a label that is not known, ``CommandFailure`` for a node
    ///   that is not in the graph.
    func node(_ text: String) throws -> NodeID {
        if text == "me" {
            guard let customerNode else {
                throw ValidationError("'me' is the customer of a twin. Name a --twin.")
            }
            return customerNode
        }
        if let customer, let customerNode, text == "Customer:\(customer)" { return customerNode }
        guard let node = try find(text), try ask(PresenceQuestion(node: node)) else {
            throw CommandFailure(
                "There is no node '\(printable(text))' in \(title). Write it as Label:id, or an "
                    + "item as its id; labels are \(labelNames).")
        }
        return node
    }

    private var labelNames: String { store.labels.map(\.rawValue).joined(separator: ", ") }

    /// A node of the store; nil if there is none.
    private func find(_ text: String) throws -> NodeID? {
        let labels = store.labels
        return try store.read { transaction in
            if let colon = text.firstIndex(of: ":") {
                let name = text[..<colon]
                let id = String(text[text.index(after: colon)...])
                if let label = labels.first(where: { $0.rawValue == name }) {
                    if let node = try store.node(label, id, in: transaction) { return node }
                } else if try !labels.contains(where: {
                    try store.node($0, text, in: transaction) != nil
                }) {
                    throw ValidationError(
                        "There is no label '\(printable(String(name)))'. There are \(labelNames).")
                }
            }
            let item = Label(rawValue: "Item")
            if labels.contains(item), let node = try store.node(item, text, in: transaction) {
                return node
            }
            var found: [(label: Label, node: NodeID)] = []
            for label in labels {
                if let node = try store.node(label, text, in: transaction) {
                    found.append((label, node))
                }
            }
            guard found.count < 2 else {
                let names = found.map { "\($0.label):\(printable(text))" }
                throw ValidationError(
                    "Several nodes are called '\(printable(text))'. Write "
                        + "\(names.joined(separator: " or ")).")
            }
            return found.first?.node
        }
    }
}

/// Which types of edges there are.
private struct TypesQuestion: GraphQuestion {
    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Set<EdgeType> {
        try graph.usedEdgeTypes()
    }
}

/// Whether a node has a record or an edge.
private struct PresenceQuestion: GraphQuestion {
    let node: NodeID

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Bool {
        try graph.contains(node)
    }
}
