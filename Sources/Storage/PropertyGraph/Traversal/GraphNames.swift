/// The labels, edge types and external ids of a graph in memory.
struct GraphNames: Sendable {
    private var labels: [UInt16: Label] = [:]
    private var ranks: [EdgeType: UInt16] = [:]
    private var externalIDs: [NodeID: String] = [:]
    private var nodes: [Label: [String: NodeID]] = [:]

    /// Creates the names of a graph; labels get the codes 1, 2, … in their order, as in a new
    /// store.
    init(labels: [Label], edgeTypes: [EdgeType]) {
        for label in labels where !self.labels.values.contains(label) {
            // An id has 16 bits for the code of its label.
            guard let code = UInt16(exactly: self.labels.count + 1) else { break }
            self.labels[code] = label
        }
        for type in edgeTypes where ranks[type] == nil {
            guard let rank = UInt16(exactly: ranks.count) else { break }
            ranks[type] = rank
        }
    }

    /// Creates the names of a graph with the labels, types and codes of a store.
    init(of store: GraphStore) {
        // These dictionaries share their storage with the store, so loading a graph is cheap.
        labels = store.vocabulary.labels
        ranks = store.vocabulary.typeCodes
    }

    func label(of node: NodeID) -> Label? { labels[node.labelCode] }

    func externalID(of node: NodeID) -> String? { externalIDs[node] }

    func node(_ label: Label, _ externalID: String) -> NodeID? { nodes[label]?[externalID] }

    /// Sets the external id of a node.
    mutating func set(_ externalID: String, for node: NodeID) {
        if let label = label(of: node) {
            if let old = externalIDs[node] { nodes[label]?[old] = nil }
            nodes[label, default: [:]][externalID] = node
        }
        externalIDs[node] = externalID
    }

    /// Whether the edges of a type precede those of another: declared types first, in their order,
    /// then the others by name.
    func isBefore(_ left: EdgeType, _ right: EdgeType) -> Bool {
        switch (ranks[left], ranks[right]) {
        case (let left?, let right?): left < right
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): left.rawValue < right.rawValue
        }
    }

    /// Checks that external ids of nodes with a known label map to these nodes.
    ///
    /// - Complexity: O(*n*) for *n* external ids.
    func checkInvariants() {
        var count = 0
        for (node, externalID) in externalIDs {
            guard let label = label(of: node) else { continue }
            count += 1
            precondition(nodes[label]?[externalID] != nil, "An external id has no node.")
        }
        let known = nodes.values.reduce(0) { $0 + $1.count }
        precondition(known <= count, "A node has two external ids.")
    }
}
