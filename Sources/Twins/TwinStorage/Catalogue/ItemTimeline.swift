import Time

/// What a catalogue has said about one item, by the times from which it counts.
///
/// Versions are in the order of their times. Neighbours differ, so an item that is loaded again
/// without a change gets no version.
struct ItemTimeline: Hashable, Sendable {
    /// What is said about an item from a time until the next version.
    struct Version: Hashable, Sendable {
        /// From when it counts.
        var since: Timestamp
        /// The item as ``ItemRecord/encode(_:)`` writes it.
        var content: [UInt8]
    }

    /// The versions, the oldest first.
    private(set) var versions: [Version] = []

    /// A timeline of versions that are in the order of their times.
    init(_ versions: [Version] = []) { self.versions = versions }

    /// Sets what is said from a time until the next change that is known.
    ///
    /// - Complexity: O(versions).
    mutating func set(_ content: [UInt8], from time: Timestamp) {
        let index = versions.firstIndex { $0.since >= time } ?? versions.endIndex
        if versions.indices.contains(index), versions[index].since == time {
            versions[index].content = content
        } else {
            versions.insert(Version(since: time, content: content), at: index)
        }
        mergeWithPrevious(index + 1)
        mergeWithPrevious(index)
    }

    /// The version that counts at a time; `nil` before the first one.
    func version(at time: Timestamp) -> Version? { versions.last { $0.since <= time } }

    private mutating func mergeWithPrevious(_ index: Int) {
        guard index > 0, versions.indices.contains(index),
            versions[index].content == versions[index - 1].content
        else { return }
        versions.remove(at: index)
    }

    /// The values of the records that keep the timeline, by time; see ``ItemRecord``.
    var records: [Timestamp: [UInt8]] {
        guard let newest = versions.last else { return [:] }
        if versions.count == 1, newest.since == ItemRecord.beginning { return [:] }
        var records: [Timestamp: [UInt8]] = [:]
        for version in versions { records[version.since] = version.content }
        records[newest.since] = []
        return records
    }
}
