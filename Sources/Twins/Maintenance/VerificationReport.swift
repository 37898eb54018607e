/// What a look at a whole store found.
public struct VerificationReport: Codable, Sendable, Hashable {
    /// One thing that is wrong.
    public struct Finding: Codable, Sendable, Hashable {
        /// What is wrong; no personal data.
        public var what: String
        /// What to do about it.
        public var advice: String
    }

    /// The pages of the data file.
    public struct Pages: Codable, Sendable, Hashable {
        /// The size of one, in bytes.
        public var sizeBytes = 0
        /// How many hold the current state.
        public var inUse = 0
        /// How many will be used again.
        public var free = 0
        /// How many are neither: space that only compacting gives back.
        public var lost = 0
    }

    /// The file or folder that was looked at.
    public var path: String
    /// The format of the store; `nil` if it cannot be told.
    public var format: Int?
    /// The pages.
    public var pages = Pages()
    /// The number of records of each table.
    public var records: [String: Int] = [:]
    /// The number of nodes with properties, in all graphs.
    public var nodes = 0
    /// The number of edges of all graphs.
    public var edges = 0
    /// The number of twins.
    public var twins = 0
    /// The number of events that belong to their twins.
    public var settledEvents = 0
    /// The number of events in the journal that wait to be settled.
    public var waitingEvents = 0
    /// The first hundred findings.
    public var findings: [Finding] = []
    /// How many findings there are.
    public var findingCount = 0

    /// Whether it is a store of twins, and not of other graphs alone.
    public var hasTwins: Bool { records["journal"] != nil }

    /// Whether nothing is wrong.
    public var isSound: Bool { findingCount == 0 }

    /// An empty report.
    public init(path: String) { self.path = path }

    /// Adds a finding.
    public mutating func add(_ what: String, advice: String = Self.restore) {
        findingCount += 1
        // Errors that were caught give the advice themselves.
        let end = ". Restore a backup."
        let fact = what.hasSuffix(end) ? String(what.dropLast(end.count)) : what
        if findings.count < 100 { findings.append(Finding(what: fact, advice: advice)) }
    }

    /// What to do about damage.
    public static let restore = "Restore a backup: foretwin restore BACKUP --store DIR --replace"
}
