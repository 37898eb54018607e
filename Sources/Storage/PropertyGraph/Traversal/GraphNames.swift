/// The labels, types and external ids that a graph in memory knows.
struct GraphNames: Sendable {
    private var labels: [UInt16: Label] = [:]
    private var ranks: [EdgeType: UInt16] = [:]
    private var externalIDs: [NodeID: String] = [:]
    private var nodes: [Label: [String: NodeID]] = [:]

    /// Names in their order, which gives labels the codes 1, 2, … as in a new store.
    init(labels: [Label], edgeTypes: [EdgeType]) {
        for label in labels where !self.labels.values.contains(label) {
            // An id has room for 65,535 labels.
            guard let code = UInt16(exactly: self.labels.count + 1) else { break }
            self.labels[code] = label
        }
        for type in edgeTypes where ranks[type] == nil {
            guard let rank = UInt16(exactly: ranks.count) else { break }
            ranks[type] = rank
        }
    }

    /// The labels and types of a store, with its codes.
    init(of store: GraphStore) {
        // Shared with the store, not copied: graphs are loaded often.
        labels = store.vocabulary.labels
        ranks = store.vocabulary.typeCodes
    }

    func label(of node: NodeID) -> Label? { labels[node.labelCode] }

    func externalID(of node: NodeID) -> String? { externalIDs[node] }

    func node(_ label: Label, _ externalID: String) -> NodeID? { nodes[label]?[externalID] }

    mutating func set(_ externalID: String, for node: NodeID) {
        if let label = label(of: node) {
            if let old = externalIDs[node] { nodes[label]?[old] = nil }
            nodes[label, default: [:]][externalID] = node
        }
        externalIDs[node] = externalID
    }

    /// Whether a type's edges come before another's: declared types first, in their order, then
    /// the others by name.
    func isBefore(_ left: EdgeType, _ right: EdgeType) -> Bool {
        switch (ranks[left], ranks[right]) {
        case (let left?, let right?): left < right
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): left.rawValue < right.rawValue
        }
    }
}
