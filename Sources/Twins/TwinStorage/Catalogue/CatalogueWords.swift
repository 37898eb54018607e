import LMDB
import PropertyGraph
import Shop
import Synchronization
import Time

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

    private struct Memory {
        var revision: Revision
        /// The times at which versions of items begin, ascending; empty without versions.
        var versionTimes: [Timestamp]
        /// The time of the newest version that is indexed; `nil` before the first.
        var since: Timestamp?
        var words: CatalogueWords
    }

    private let memory = Mutex<Memory?>(nil)
    private static let settingName = "catalogueRevision"

    /// Notes in a transaction that it changes the catalogue, so that every process sees it.
    static func markChange(
        of graph: GraphStore, in transaction: borrowing WriteTransaction
    ) throws {
        let changes = try graph.setting(settingName, in: transaction)?.int ?? 0
        try graph.set(settingName, to: .int(changes &+ 1), in: transaction)
    }

    /// The index of a store's catalogue as of a time.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - time: As of when; the store's present unless given.
    ///   - transaction: The state of the store.
    /// - Returns: The index.
    /// - Throws: `LMDBError`, `GraphError`, or ``TwinsError`` when the store is damaged.
    /// - Complexity: O(n) for n times of versions, if neither the catalogue nor the newest
    ///   version by that time is another than at the last call; else O(items and versions).
    func current(
        of store: TwinStore, asOf time: Timestamp?, in transaction: borrowing ReadTransaction
    ) throws -> CatalogueWords {
        let graph = store.graph
        let revision = Revision(
            changes: try graph.setting(Self.settingName, in: transaction)?.int ?? 0,
            itemCount: try graph.nodeCount(.item, in: transaction))
        let known = memory.withLock { $0 }
        let versionTimes =
            try known?.revision == revision
            ? known?.versionTimes ?? [] : Self.versionTimes(graph, in: transaction)
        let present =
            try time ?? store.journalState(in: transaction).newest ?? ItemRecord.beginning
        let since = versionTimes.last { $0 <= present }
        if let known, known.revision == revision, known.since == since { return known.words }
        let catalogue = try CatalogueReader(store, asOf: present, in: transaction)
        var items: [(name: String, category: String)] = []
        for index in 0..<(try graph.nodeCount(.item, in: transaction)) {
            let node = try graph.nodeID(.item, index: index)
            guard let id = try graph.externalID(of: node, in: transaction) else { continue }
            let item = try catalogue.item(node, id, in: transaction)
            if let category = item.category { items.append((item.name, category)) }
        }
        let words = CatalogueWords(items)
        memory.withLock {
            $0 = Memory(
                revision: revision, versionTimes: versionTimes, since: since, words: words)
        }
        return words
    }

    private static func versionTimes(
        _ graph: GraphStore, in transaction: borrowing ReadTransaction
    ) throws -> [Timestamp] {
        var times: Set<Timestamp> = []
        try transaction.scan(graph.records, prefix: ItemRecord.prefix) { key, _ in
            times.insert(try ItemRecord.time(ofKey: key))
            return true
        }
        return times.sorted()
    }
}
