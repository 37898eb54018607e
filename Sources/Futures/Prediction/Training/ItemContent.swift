import Shop

/// What is said in words of the items that a model knows, and of those that are too new for it.
struct ItemContent: Sendable {
    /// Words of one item at most.
    private static let wordLimit = 64

    /// The words of each item of the catalogue, from 0, each once.
    let words: [[Int32]]
    /// Items beyond the catalogue that share a word with one in it.
    let newItemIDs: [String]
    /// The words of these that items of the catalogue bear too.
    let newWords: [[Int32]]
    /// The number of different words.
    let wordCount: Int

    /// - Parameters:
    ///   - known: The items of the catalogue, by place; `nil` if nothing is said of one.
    ///   - new: Items that are not in it.
    init(known: [Item?], new: [Item]) {
        var numbers: [String: Int32] = [:]
        words = known.map { item in
            guard let item else { return [] }
            return Self.words(of: item).map { word in
                if let number = numbers[word] { return number }
                let number = Int32(numbers.count)
                numbers[word] = number
                return number
            }
        }
        wordCount = numbers.count
        let described = new.map { item in
            (id: item.itemID, words: Self.words(of: item).compactMap { numbers[$0] })
        }.filter { !$0.words.isEmpty }
        newItemIDs = described.map(\.id)
        newWords = described.map(\.words)
    }

    /// The words of an item, each once: category and brand as wholes, name and description taken
    /// apart.
    static func words(of item: Item) -> [String] {
        var texts: [Substring] = []
        if item.name != item.itemID { texts += parts(item.name) }
        texts += parts(item.description ?? "")
        var words: [String] = []
        if let category = item.category { words.append("category: \(category.lowercased())") }
        if let brand = item.brand { words.append("brand: \(brand.lowercased())") }
        words += texts.map { $0.lowercased() }
        var seen: Set<String> = []
        return Array(words.filter { seen.insert($0).inserted }.prefix(wordLimit))
    }

    private static func parts(_ text: String) -> [Substring] {
        text.split { !$0.isLetter && !$0.isNumber }.filter { $0.count > 1 }
    }
}
