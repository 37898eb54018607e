import Shop

/// The strongest part of a twin's graph, ready to be drawn.
struct TwinDrawing: Sendable {
    /// An item and how strongly the customer is tied to it.
    struct Node: Sendable {
        /// What a shopper calls the item.
        var name: String
        /// Its category.
        var category: String
        /// The category's colour.
        var color: Int
        /// The weight of all edges from the customer, as a fraction of the largest.
        var weight: Double
        /// Whether the customer bought it.
        var isBought: Bool
        /// Whether the customer said no to it, or sent it back.
        var isRejected: Bool
    }

    /// That one drawn item was followed by another.
    struct Link: Sendable {
        /// The index of the earlier item in ``TwinDrawing/nodes``.
        var from: Int
        /// The index of the later item.
        var to: Int
        /// Its weight as a fraction of the largest.
        var weight: Double
    }

    /// Items that are drawn at most.
    static let nodeMax = 25
    /// Edges between items that are drawn at most: more are a ball of wool.
    static let linkMax = 14

    /// The items, side by side with others of their category.
    let nodes: [Node]
    /// Edges between items, heaviest first.
    let links: [Link]
    /// How many items the twin has in all.
    let itemCount: Int

    /// Takes the heaviest items and edges of a graph.
    init(_ graph: UserTwin.ItemGraph, items: [String: Item], colors: CategoryColors) {
        var weights: [String: Double] = [:]
        var types: [String: Set<EventType>] = [:]
        for interaction in graph.interactions where interaction.weight.isFinite {
            weights[interaction.itemID, default: 0] += max(0, interaction.weight)
            types[interaction.itemID, default: []].insert(interaction.type)
        }
        itemCount = weights.count
        let best = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .prefix(Self.nodeMax)
        let greatest = best.first?.value ?? 1
        var named: [(id: String, node: Node)] = best.map { id, weight in
            let category = items[id]?.category ?? CategoryColors.none
            let done = types[id] ?? []
            let node = Node(
                name: items[id]?.name ?? id, category: category,
                color: colors.index(of: category), weight: greatest > 0 ? weight / greatest : 0,
                isBought: done.contains(.purchase),
                isRejected: done.contains { $0.isRefusal || $0 == .return })
            return (id, node)
        }
        named.sort { left, right in
            (left.node.color, left.node.category, right.node.weight, left.id)
                < (right.node.color, right.node.category, left.node.weight, right.id)
        }
        nodes = named.map(\.node)
        let indices = Dictionary(
            uniqueKeysWithValues: named.enumerated().map { ($1.id, $0) })
        links = Self.links(graph.sequences, indices: indices)
    }

    private static func links(
        _ sequences: [UserTwin.Transition], indices: [String: Int]
    ) -> [Link] {
        struct Ends: Hashable {
            var from: Int
            var to: Int
        }
        var weights: [Ends: Double] = [:]
        for sequence in sequences where sequence.weight.isFinite {
            guard let from = indices[sequence.from], let to = indices[sequence.to], from != to
            else {
                continue
            }
            weights[Ends(from: from, to: to), default: 0] += max(0, sequence.weight)
        }
        let sorted = weights.sorted { left, right in
            (right.value, left.key.from, left.key.to) < (left.value, right.key.from, right.key.to)
        }
        let greatest = sorted.first?.value ?? 1
        return sorted.prefix(linkMax).map { ends, weight in
            Link(from: ends.from, to: ends.to, weight: greatest > 0 ? weight / greatest : 0)
        }
    }
}
