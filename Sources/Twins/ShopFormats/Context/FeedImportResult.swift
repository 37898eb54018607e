package import Shop

/// The content of a feed file, with rejections and warnings.
package struct FeedImportResult: Hashable, Sendable {
    /// A value that was read in another way than the file may have meant.
    package struct ImportWarning: Hashable, Sendable {
        /// The line's number in the file, from 1.
        package var line: Int
        /// What was done and why.
        package var text: String
    }

    /// The accepted values.
    package var feeds = ContextFeeds()
    /// The number of days in the file without a value.
    package var gapCount = 0
    /// Lines or events that were not accepted; the others were.
    package var rejections: [Rejection] = []
    /// The first warnings, up to ``Limits/warningCountMax``.
    package var warnings: [ImportWarning] = []
    /// The number of warnings, including those that were not kept.
    package var warningCount = 0

    /// Creates an empty result.
    package init() {}
}
