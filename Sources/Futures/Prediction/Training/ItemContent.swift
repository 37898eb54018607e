import Shop

/// The words that describe the items of a catalogue, and new items.
struct ItemContent: Sendable {
    /// The greatest number of words of an item.
    private static let wordLimit = 64

    /// The distinct words of each item of the catalogue, as indices from 0.
    let words: [[Int32]]
    /// The items outside the catalogue that have a word in common with an item in it.
    let newItemIDs: [String]
    /// The words of each new item that items of the catalogue have too.
    let newWords: [[Int32]]
    /// The number of distinct words.
    let wordCount: Int

    /// Collects the words of items.
    ///
    /// - Parameters:
    ///   - known: The items of the catalogue, by index; `nil` without a description.
    ///   - new: The items that are not in it.
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

    /// The distinct words of an item: category and brand as a whole, name and description split.
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
