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
    /// - Throws: ``TwinsError`` when the source cannot be read, is empty, is not text or lacks
    ///   the column `item_id`.
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
            return .failure(Rejection(line: records.lineNumber, error.reason, error.detail))
        }
    }

    private func item(
        _ fields: some Sequence<(String, String)>
    ) throws(Rejection) -> ItemVersion {
        var item = Item(itemID: "", name: "")
        var validFrom: Timestamp?
        var seen: Set<String> = []
        for (name, text) in fields where ItemReader.known.contains(name) && !text.isEmpty {
            guard seen.insert(name).inserted else { throw .ambiguous }
            try name == "item_id"
                ? TextRules.check(id: text, name) : TextRules.check(phrase: text, name)
            switch name {
            case "item_id": item.itemID = text
            case "name": item.name = text
            case "category": item.category = text
            case "brand": item.brand = text
            case "description": item.description = text
            case "image_url": item.imageURL = text
            case "valid_from": validFrom = try TextRules.time(text)
            default:
                guard let price = DecimalText.parse(text), (0...Limits.amountMax).contains(price)
                else { throw Rejection(.number, "price is \(Rejection.quoted(text))") }
                item.price = price
            }
        }
        guard !item.itemID.isEmpty else { throw Rejection(.missing, "item_id") }
        if item.name.isEmpty { item.name = item.itemID }
        return ItemVersion(item, validFrom: validFrom)
    }

    private static let known: Set<String> = [
        "item_id", "name", "category", "brand", "description", "image_url", "price",
        "valid_from",
    ]

    private static func folded(_ name: String) -> String {
        name.trimmingCharacters(in: .whitespaces).lowercased()
    }
}
