package import Shop

/// Reads prices other than the usual ones from CSV: `item_id,city,first_day,last_day,price`.
///
/// The city may be empty or missing: the price is asked everywhere then. Without a last day it is for
/// one day.
package enum OfferFile {
    static let required = ["item_id", "first_day", "price"]

    /// Reads a file.
    ///
    /// - Returns: The offers, and the lines that are none.
    /// - Throws: ``TwinsError`` when the file cannot be read or lacks a column.
    package static func read(_ path: String) throws(TwinsError) -> FeedImportResult {
        var records = try FeedRecords(
            path, required: required, optional: ["city", "last_day"], what: "offers")
        var reading = FeedImportResult()
        while let line = try records.next() {
            switch line {
            case .failure(let rejection): reading.rejections.append(rejection)
            case .success(let fields):
                do throws(Rejection) {
                    reading.feeds.offers.append(try offer(fields))
                } catch {
                    reading.rejections.append(records.placed(error))
                }
            }
        }
        return reading
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
