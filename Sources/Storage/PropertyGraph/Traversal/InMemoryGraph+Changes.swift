extension InMemoryGraph {
    /// Sets a node's properties, in place of all that it had.
    ///
    /// - Complexity: O(*n*) for *n* nodes.
    public mutating func put(_ node: Node) {
        let index = firstNode(from: node.id)
        if index < nodes.count, nodes[index].id == node.id {
            nodes[index] = node
        } else {
            nodes.insert(node, at: index)
        }
    }

    /// Sets the properties of many nodes; the last of several with the same id counts.
    ///
    /// - Complexity: O(*n* log *n*) for *n* nodes after it.
    public mutating func put(_ more: [Node]) {
        nodes = (nodes + more).sortedWithoutRepeats(by: { $0.id < $1.id })
    }

    /// Sets an edge, in place of the edge of the same type between the same nodes, if any.
    ///
    /// - Complexity: O(log *m*) for *m* edges if it replaces one. Otherwise O(*m*), and the next
    ///   visit of incoming edges takes O(*m* log *m*). To set many edges, use the overload for an
    ///   array.
    public mutating func put(_ edge: Edge) {
        let index = firstEdge(from: edge.source, edge.type, to: edge.target)
        if index < edges.count, edges[index].hasSameKey(as: edge) {
            edges[index] = edge
            return
        }
        edges.insert(edge, at: index)
        incomingOrder = IncomingEdgeOrder()
    }

    /// Sets many edges; the last of several with the same source, type and target counts.
    ///
    /// - Complexity: O(*m* log *m*) for *m* edges after it.
    public mutating func put(_ more: [Edge]) {
        let names = names
        edges = (edges + more).sortedWithoutRepeats { left, right in
            if left.source != right.source { return left.source < right.source }
            if left.type != right.type { return names.isBefore(left.type, right.type) }
            return left.target < right.target
        }
        incomingOrder = IncomingEdgeOrder()
    }

    /// The indexes of the edges, sorted by target, type and source.
    var incoming: [UInt32] {
        incomingOrder.order {
            (0..<UInt32(edges.count)).sorted { left, right in
                let (left, right) = (edges[Int(left)], edges[Int(right)])
                if left.target != right.target { return left.target < right.target }
                if left.type != right.type { return names.isBefore(left.type, right.type) }
                return left.source < right.source
            }
        }
    }

    /// The index of the first node with an id of at least `id`.
    func firstNode(from id: NodeID) -> Int {
        lowerBound(nodes.count) { nodes[$0].id < id }
    }

    /// The index of the first edge that does not precede those from a node, of a type, to a node.
    func firstEdge(from source: NodeID, _ type: EdgeType?, to target: NodeID? = nil) -> Int {
        lowerBound(edges.count) { index in
            if edges[index].source != source { return edges[index].source < source }
            return isBefore(edges[index].type, type, edges[index].target, target)
        }
    }

    /// The position in ``incoming`` of the first edge that does not precede those to a node, of a
    /// type.
    func firstIncoming(to target: NodeID, _ type: EdgeType?, in incoming: [UInt32]) -> Int {
        lowerBound(incoming.count) { position in
            let index = Int(incoming[position])
            if edges[index].target != target { return edges[index].target < target }
            return isBefore(edges[index].type, type, edges[index].source, nil)
        }
    }

    /// Whether an edge with a type and an other node precedes the wanted ones; nil precedes all.
    private func isBefore(
        _ type: EdgeType, _ wantedType: EdgeType?, _ node: NodeID, _ wantedNode: NodeID?
    ) -> Bool {
        guard let wantedType else { return false }
        if type != wantedType { return names.isBefore(type, wantedType) }
        guard let wantedNode else { return false }
        return node < wantedNode
    }

    /// The first of `count` indexes for which `isBefore` is false, by binary search.
    private func lowerBound(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var (lower, upper) = (0, count)
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if isBefore(middle) { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }

    /// Checks that nodes and edges are sorted and unique, and that incoming edges are sorted too.
    ///
    /// - Complexity: O(*n* + *m*) for *n* nodes and *m* edges, and O(*m* log *m*) the first time.
    package func checkInvariants() {
        for (one, next) in zip(nodes, nodes.dropFirst()) {
            precondition(one.id < next.id, "Nodes are not sorted by id.")
        }
        for (one, next) in zip(edges, edges.dropFirst()) {
            let isSorted =
                one.source != next.source
                ? one.source < next.source
                : isBefore(one.type, next.type, one.target, next.target)
            precondition(isSorted, "Edges are not sorted by source, type and target.")
        }
        let incoming = incoming
        precondition(Set(incoming).count == edges.count, "Incoming edges are not all edges.")
        for (one, next) in zip(incoming, incoming.dropFirst()) {
            let (one, next) = (edges[Int(one)], edges[Int(next)])
            let isSorted =
                one.target != next.target
                ? one.target < next.target
                : isBefore(one.type, next.type, one.source, next.source)
            precondition(isSorted, "Incoming edges are not sorted by target, type and source.")
        }
        names.checkInvariants()
    }
}

extension Array {
    /// The sorted elements, the last of equal ones; the standard sort is stable.
    fileprivate func sortedWithoutRepeats(by isBefore: (Element, Element) -> Bool) -> [Element] {
        var kept: [Element] = []
        kept.reserveCapacity(count)
        for element in sorted(by: isBefore) {
            if let last = kept.last, !isBefore(last, element) { kept.removeLast() }
            kept.append(element)
        }
        return kept
    }
}
