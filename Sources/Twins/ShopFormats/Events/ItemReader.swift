import Foundation
package import Shop
import Time

/// Reads a catalogue of items from CSV or JSON Lines.
///
/// Only `item_id` is required; `name`, `category`, `brand`, `description`, `image_url`, `price` and
/// `valid_from`, the time from which the line counts, are used when present. Other columns are
/// passed over.
package struct ItemReader {
    private var records: RecordReader
    /// The columns of CSV, folded.
    private let names: [String]

    /// Opens a source of items; `-` is standard input.
    ///
    /// - Throws: ``TwinsError`` if the source cannot be read, is empty, is not text or lacks the
    ///   column `item_id`.
    package init(path: String, format: RecordFormat? = nil) throws(TwinsError) {
        records = try RecordReader(path: path, format: format)
        names = records.columns.map(ItemReader.folded)
        guard records.format == .jsonLines || names.contains("item_id") else {
            throw TwinsError(
                .format,
                "The header of \(records.lines.name) lacks item_id. An item file needs item_id "
                    + "and may have name,category,brand,description,image_url,price,"
                    + "valid_from.")
        }
    }

    /// The next item or rejected line, or `nil` at the end.
    package mutating func next() throws(TwinsError) -> Result<ItemVersion, Rejection>? {
        guard let record = try records.next() else { return nil }
        do throws(Rejection) {
            switch record {
            case .rejected(let rejection): return .failure(rejection)
            case .row(let texts): return .success(try item(zip(names, texts)))
            case .object(let fields):
                return .success(
                    try item(fields.lazy.map { (ItemReader.folded($0.name), $0.text) }))
            }
        } catch {
            return .failure(error.at(.line(records.lineNumber)))
        }
    }

    private func item(
        _ fields: some Sequence<(String, String)>
    ) throws(Rejection) -> ItemVersion {
        var texts: [String: String] = [:]
        var price: Double?
        var validFrom: Timestamp?
        for (name, text) in fields where ItemReader.known.contains(name) && !text.isEmpty {
            guard texts.updateValue(text, forKey: name) == nil else { throw .ambiguous }
            try name == "item_id"
                ? TextRules.check(id: text, name) : TextRules.check(phrase: text, name)
            if name == "price" { price = try ItemReader.price(text) }
            if name == "valid_from" { validFrom = try TextRules.time(text) }
        }
        guard let itemID = texts["item_id"] else { throw Rejection(.missing, "item_id") }
        let item = Item(
            itemID: itemID, name: texts["name"], category: texts["category"],
            brand: texts["brand"], description: texts["description"],
            imageURL: texts["image_url"], price: price)
        return ItemVersion(item, validFrom: validFrom)
    }

    private static func price(_ text: String) throws(Rejection) -> Double {
        guard let price = DecimalText.parse(text), (0...Limits.amountMax).contains(price) else {
            throw Rejection(.number, "price is \(Rejection.quoted(text))")
        }
        return price
    }

    private static let known: Set<String> = [
        "item_id", "name", "category", "brand", "description", "image_url", "price",
        "valid_from",
    ]

    private static func folded(_ name: String) -> String {
        name.trimmingCharacters(in: .whitespaces).lowercased()
    }
}
