import Foundation
package import Shop

/// Reads a catalogue of items from CSV or JSON Lines.
///
/// Only `item_id` is required; `name`, `category`, `brand`, `description`, `image_url` and `price`
/// are used when present, other columns are passed over.
package struct ItemReader {
    private var records: RecordReader

    /// Opens a source of items; `-` is standard input.
    ///
    /// - Throws: ``TwinsError`` when the source cannot be read, is empty, is not text or lacks
    ///   the column `item_id`.
    package init(path: String, format: RecordFormat? = nil) throws(TwinsError) {
        records = try RecordReader(path: path, format: format)
        let names = records.columns.map(ItemReader.folded)
        guard records.format == .jsonLines || names.contains("item_id") else {
            throw TwinsError(
                .format,
                "The header of \(records.lines.name) lacks item_id. An item file needs item_id "
                    + "and may have name,category,brand,description,image_url,price.")
        }
    }

    /// The next item or rejected line, or `nil` at the end.
    package mutating func next() throws(TwinsError) -> Result<Item, Rejection>? {
        guard let record = try records.next() else { return nil }
        switch record {
        case .rejected(let rejection): return .failure(rejection)
        case .fields(let pairs):
            do throws(Rejection) {
                return .success(try item(pairs))
            } catch {
                return .failure(Rejection(line: records.lineNumber, error.reason, error.detail))
            }
        }
    }

    private func item(_ pairs: [(column: Int, text: String)]) throws(Rejection) -> Item {
        var item = Item(itemID: "", name: "")
        for (column, text) in pairs where !text.isEmpty {
            guard text.utf8.count <= Limits.textByteCountMax else {
                throw Rejection(.value, "\(records.columns[column]) is too long")
            }
            switch ItemReader.folded(records.columns[column]) {
            case "item_id": item.itemID = text
            case "name": item.name = text
            case "category": item.category = text
            case "brand": item.brand = text
            case "description": item.description = text
            case "image_url": item.imageURL = text
            case "price":
                guard let price = Double(text), (0...Limits.amountMax).contains(price) else {
                    throw Rejection(.number, "price is '\(text.prefix(40))'")
                }
                item.price = price
            default: break
            }
        }
        guard !item.itemID.isEmpty else { throw Rejection(.missing, "item_id") }
        guard item.itemID.utf8.count <= Limits.idByteCountMax else {
            throw Rejection(.value, "item_id is longer than \(Limits.idByteCountMax) bytes")
        }
        if item.name.isEmpty { item.name = item.itemID }
        return item
    }

    private static func folded(_ name: String) -> String {
        name.trimmingCharacters(in: .whitespaces).lowercased()
    }
}
