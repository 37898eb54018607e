package import Shop

/// Reads temporary prices from CSV: `item_id,city,first_day,last_day,price`.
///
/// Without a city, the price holds everywhere. Without a last day, it holds for one day.
package enum OfferFile {
    static let required = ["item_id", "first_day", "price"]

    /// Reads a file.
    ///
    /// - Returns: The offers and the rejected lines.
    /// - Throws: ``TwinsError`` if the file cannot be read or lacks a column.
    package static func read(_ path: String) throws(TwinsError) -> FeedImportResult {
        var records = try FeedRecords(
            path, required: required, optional: ["city", "last_day"], what: "offers")
        var result = FeedImportResult()
        while let line = try records.next() {
            switch line {
            case .failure(let rejection): result.rejections.append(rejection)
            case .success(let fields):
                do throws(Rejection) {
                    result.feeds.offers.append(try offer(fields))
                } catch {
                    result.rejections.append(records.atLine(error))
                }
            }
        }
        return result
    }

    private static func offer(_ fields: FeedRecords.Fields) throws(Rejection) -> Offer {
        let first = try fields.day("first_day")
        let last = fields["last_day"] == nil ? first : try fields.day("last_day")
        guard first <= last else { throw ContextRules.endsEarly }
        let offer = Offer(
            itemID: try fields.text("item_id"), city: fields["city"], firstDay: first,
            lastDay: last, price: try fields.number("price"))
        try ContextRules.check(offer)
        return offer
    }
}
