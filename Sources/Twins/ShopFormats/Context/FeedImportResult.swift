package import Shop

/// What was read from a file of feeds.
package struct FeedImportResult: Hashable, Sendable {
    /// Something that was taken in another way than the file may have meant.
    package struct ImportWarning: Hashable, Sendable {
        /// The line's number in the file, from 1.
        package var line: Int
        /// What was done, and why.
        package var text: String
    }

    /// What the file says.
    package var feeds = ContextFeeds()
    /// Days that the file names and says nothing of.
    package var gapCount = 0
    /// Lines or events that were not accepted; those around them were.
    package var rejections: [Rejection] = []
    /// What was accepted in part: the first thousand.
    package var remarks: [ImportWarning] = []
    /// How many remarks there are, with those that were not kept.
    package var remarkCount = 0

    /// Nothing read yet.
    package init() {}
}
