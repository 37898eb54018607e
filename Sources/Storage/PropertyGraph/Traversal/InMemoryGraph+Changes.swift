extension MemoryGraph {
    /// Sets a node's properties, in place of those it had.
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

    /// Sets the properties of many nodes; of nodes with one id the last counts.
    ///
    /// - Complexity: O(*n* log *n*) for *n* nodes after it.
    public mutating func put(_ more: [Node]) {
        nodes = (nodes + more).sortedWithoutRepeats(by: { $0.id < $1.id })
    }

    /// Sets an edge, in place of the one it had of the same type between the same nodes.
    ///
    /// - Complexity: O(log *m*) for *m* edges when there was one, else O(*m*), and O(*m* log *m*) for
    ///   the next question about edges that enter a node. To set many, use the method for an array.
    public mutating func put(_ edge: Edge) {
        let index = firstEdge(from: edge.source, edge.type, to: edge.target)
        if index < edges.count, edges[index].hasSameKey(as: edge) {
            edges[index] = edge
            return
        }
        edges.insert(edge, at: index)
        reverseEdge = ReverseEdge()
    }

    /// Sets many edges; of edges of one type between the same two nodes the last counts.
    ///
    /// - Complexity: O(*m* log *m*) for *m* edges after it.
    public mutating func put(_ more: [Edge]) {
        let names = names
        edges = (edges + more).sortedWithoutRepeats { left, right in
            if left.source != right.source { return left.source < right.source }
            if left.type != right.type { return names.isBefore(left.type, right.type) }
            return left.target < right.target
        }
        reverseEdge = ReverseEdge()
    }

    /// The numbers of the edges, by target, type and source.
    var back: [UInt32] {
        reverseEdge.order {
            (0..<UInt32(edges.count)).sorted { left, right in
                let (left, right) = (edges[Int(left)], edges[Int(right)])
                if left.target != right.target { return left.target < right.target }
                if left.type != right.type { return names.isBefore(left.type, right.type) }
                return left.source < right.source
            }
        }
    }

    /// The index of the first node with this id or a greater one.
    func firstNode(from id: NodeID) -> Int {
        lowerBound(nodes.count) { nodes[$0].id < id }
    }

    /// The index of the first edge that is not before all edges from a node, of a type, to a node.
    func firstEdge(from source: NodeID, _ type: EdgeType?, to target: NodeID? = nil) -> Int {
        lowerBound(edges.count) { index in
            if edges[index].source != source { return edges[index].source < source }
            return isBefore(edges[index].type, type, edges[index].target, target)
        }
    }

    /// The index in the way back of the first edge to a node, of a type, from a node.
    func firstWayBack(to target: NodeID, _ type: EdgeType?, in back: [UInt32]) -> Int {
        lowerBound(back.count) { place in
            let index = Int(back[place])
            if edges[index].target != target { return edges[index].target < target }
            return isBefore(edges[index].type, type, edges[index].source, nil)
        }
    }

    /// Whether an edge of a type with some end is before the wanted ones; nil is before all.
    private func isBefore(
        _ type: EdgeType, _ wantedType: EdgeType?, _ end: NodeID, _ wantedEnd: NodeID?
    ) -> Bool {
        guard let wantedType else { return false }
        if type != wantedType { return names.isBefore(type, wantedType) }
        guard let wantedEnd else { return false }
        return end < wantedEnd
    }

    /// The first of `count` indexes that is not before what is looked for.
    private func lowerBound(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var (lower, upper) = (0, count)
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if isBefore(middle) { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}

extension Array {
    /// The elements in order, of equal ones the last; the standard sort keeps equal ones in order.
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
