/// What was read from a file of feeds.
public struct ContextReading: Hashable, Sendable {
    /// Something that was taken in another way than the file may have meant.
    public struct Remark: Hashable, Sendable {
        /// The line's number in the file, from 1.
        public var line: Int
        /// What was done, and why.
        public var text: String
    }

    /// What the file says.
    public var feeds = ContextFeeds()
    /// Days that the file names and says nothing of.
    public var gapCount = 0
    /// Lines or events that were not accepted; those around them were.
    public var rejections: [Rejection] = []
    /// What was accepted in part.
    public var remarks: [Remark] = []

    /// Nothing read yet.
    public init() {}
}
