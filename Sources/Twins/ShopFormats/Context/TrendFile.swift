package import Shop

/// Reads the demand for categories from CSV: `category,city,day,level`.
///
/// Without a city, the trend holds everywhere. A level is a multiple of the baseline, above 0.
package enum TrendFile {
    static let required = ["category", "day", "level"]

    /// Reads a file.
    ///
    /// - Returns: The trends and the rejected lines.
    /// - Throws: ``TwinsError`` if the file cannot be read or lacks a column.
    package static func read(_ path: String) throws(TwinsError) -> FeedImportResult {
        var records = try FeedRecords(
            path, required: required, optional: ["city"], what: "trends")
        var result = FeedImportResult()
        while let line = try records.next() {
            switch line {
            case .failure(let rejection): result.rejections.append(rejection)
            case .success(let fields):
                do throws(Rejection) {
                    result.feeds.trends.append(try trend(fields))
                } catch {
                    result.rejections.append(records.atLine(error))
                }
            }
        }
        return result
    }

    private static func trend(_ fields: FeedRecords.Fields) throws(Rejection) -> Trend {
        let trend = Trend(
            category: try fields.text("category"), city: fields["city"],
            day: try fields.day("day"), level: try fields.number("level"))
        try ContextRules.check(trend)
        return trend
    }
}
