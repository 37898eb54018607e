import LMDB
import PropertyGraph
import Synchronization

/// Which categories words stand for, by the names and categories of the items in the catalogue.
///
/// An inverted index: for each word, how often its items are of each category.
struct CatalogueWords: Sendable {
    /// For each word the categories of its items by name, each with its fraction of them.
    private let categoriesByWord: [String: [(name: String, fraction: Double)]]

    /// Words shorter than this say nothing.
    private static let lengthMin = 2

    /// Indexes items; those without a category say nothing.
    init(_ items: some Sequence<(name: String, category: String)>) {
        var counts: [String: [String: Int]] = [:]
        for (name, category) in items {
            for word in Set(Self.words(of: name) + Self.words(of: category)) {
                counts[word, default: [:]][category, default: 0] += 1
            }
        }
        categoriesByWord = counts.mapValues { counts in
            let total = counts.values.reduce(0, +)
            return counts.sorted { $0.key < $1.key }.map {
                (name: $0.key, fraction: Double($0.value) / Double(total))
            }
        }
    }

    /// The categories that a query stands for, by name, with fractions that sum to 1.
    ///
    /// There are none if no item has a word of the query. Each of its known words counts the same.
    func categories(of query: String) -> [(name: String, fraction: Double)] {
        let known = Set(Self.words(of: query)).sorted().compactMap { categoriesByWord[$0] }
        var fractions: [String: Double] = [:]
        for categories in known {
            for (name, fraction) in categories {
                fractions[name, default: 0] += fraction / Double(known.count)
            }
        }
        return fractions.sorted { $0.key < $1.key }.map { (name: $0.key, fraction: $0.value) }
    }

    /// The runs of letters and digits, in lower case.
    private static func words(of text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
            .filter { $0.unicodeScalars.count >= lengthMin }
    }
}

/// Keeps the word index of a store's catalogue for as long as the catalogue stays as it is.
final class CatalogueWordsCache: Sendable {
    /// Changes with every change of the catalogue.
    private struct Revision: Equatable {
        var changes: Int64
        var itemCount: Int
    }

    private let graph: GraphStore
    private let memory = Mutex<(revision: Revision, words: CatalogueWords)?>(nil)
    private static let settingName = "catalogueRevision"

    init(_ graph: GraphStore) { self.graph = graph }

    /// Notes in a transaction that it changes the catalogue, so that every process sees it.
    static func markChange(
        of graph: GraphStore, in transaction: borrowing WriteTransaction
    ) throws {
        let changes = try graph.setting(settingName, in: transaction)?.int ?? 0
        try graph.set(settingName, to: .int(changes &+ 1), in: transaction)
    }

    /// The index of the catalogue as a transaction sees it.
    ///
    /// - Complexity: O(1) if the catalogue has not changed since the last time, else O(items).
    func current(in transaction: borrowing ReadTransaction) throws -> CatalogueWords {
        let revision = Revision(
            changes: try graph.setting(Self.settingName, in: transaction)?.int ?? 0,
            itemCount: try graph.nodeCount(.item, in: transaction))
        if let known = memory.withLock({ $0 }), known.revision == revision { return known.words }
        var items: [(name: String, category: String)] = []
        try graph.forEachNode(graph: .shared, in: transaction) { node in
            guard graph.label(of: node.id) == .item,
                let category = node.properties["category"]?.string
            else { return }
            items.append((node.properties["name"]?.string ?? "", category))
        }
        let words = CatalogueWords(items)
        memory.withLock { $0 = (revision, words) }
        return words
    }
}
