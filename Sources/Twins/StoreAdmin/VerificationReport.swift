/// What a look at a whole store found.
package struct VerificationReport: Codable, Sendable, Hashable {
    /// One thing that is wrong.
    package struct Finding: Codable, Sendable, Hashable {
        /// What is wrong; no personal data.
        package var what: String
        /// What to do about it.
        package var advice: String
    }

    /// The pages of the data file.
    package struct Pages: Codable, Sendable, Hashable {
        /// The size of one, in bytes.
        package var sizeBytes = 0
        /// How many hold the current state.
        package var inUse = 0
        /// How many will be used again.
        package var free = 0
        /// How many are neither: space that only compacting gives back.
        package var lost = 0
    }

    /// The file or folder that was looked at.
    package var path: String
    /// The format of the store; `nil` if it cannot be told.
    package var format: Int?
    /// The pages.
    package var pages = Pages()
    /// The number of records of each table.
    package var records: [String: Int] = [:]
    /// The number of nodes with properties, in all graphs.
    package var nodes = 0
    /// The number of edges of all graphs.
    package var edges = 0
    /// The number of twins.
    package var twins = 0
    /// The number of events that belong to their twins.
    package var mergedEvents = 0
    /// The number of pending events in the journal.
    package var pendingEvents = 0
    /// Whether erased data is still in the file, and goes when the store is compacted.
    package var isCompactionDue = false
    /// The first hundred findings.
    package var findings: [Finding] = []
    /// How many findings there are.
    package var findingCount = 0

    /// Whether it is a store of twins, and not of other graphs alone.
    package var hasTwins: Bool { records["journal"] != nil }

    /// Whether nothing is wrong.
    package var isSound: Bool { findingCount == 0 }

    /// An empty report.
    package init(path: String) { self.path = path }

    /// Adds a finding.
    package mutating func add(_ what: String, advice: String = Self.restore) {
        findingCount += 1
        // Errors that were caught give the advice themselves.
        let end = ". Restore a backup."
        let fact = what.hasSuffix(end) ? String(what.dropLast(end.count)) : what
        if findings.count < 100 { findings.append(Finding(what: fact, advice: advice)) }
    }

    /// What to do about damage.
    package static let restore = "Restore a backup."
}
