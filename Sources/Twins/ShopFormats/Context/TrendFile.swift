package import Shop

/// Reads what is in demand from CSV: `category,city,day,level`.
///
/// The city may be empty or missing: the trend is everywhere then. A level is a multiple of what is
/// usual, above 0.
package enum TrendFile {
    static let required = ["category", "day", "level"]

    /// Reads a file.
    ///
    /// - Returns: The trends, and the lines that are none.
    /// - Throws: ``TwinsError`` when the file cannot be read or lacks a column.
    package static func read(_ path: String) throws(TwinsError) -> FeedImportResult {
        var records = try FeedRecords(
            path, required: required, optional: ["city"], what: "trends")
        var reading = FeedImportResult()
        while let line = try records.next() {
            switch line {
            case .failure(let rejection): reading.rejections.append(rejection)
            case .success(let fields):
                do throws(Rejection) {
                    reading.feeds.trends.append(try trend(fields))
                } catch {
                    reading.rejections.append(records.placed(error))
                }
            }
        }
        return reading
    }

    private static func trend(_ fields: FeedRecords.Fields) throws(Rejection) -> Trend {
        let trend = Trend(
            category: try fields.text("category"), city: fields["city"],
            day: try fields.day("day"), level: try fields.number("level"))
        try ContextRules.check(trend)
        return trend
    }
}
