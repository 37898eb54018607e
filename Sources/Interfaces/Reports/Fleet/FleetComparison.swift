import Fleet
import Shop
import Simulation

/// Reads one fleet run, or two of them side by side.
struct FleetComparison {
    /// How a twin's expected purchases differ between two runs.
    struct TwinChange: Sendable, Hashable {
        var pseudonym: String
        var before: Double
        var after: Double
        /// The square of the standard error of the difference, by the number of paths.
        var variance: Double

        var difference: Double { after - before }
    }

    /// What the newer run adds up to.
    private(set) var after: FleetAggregates
    /// What the older run adds up to.
    private(set) var before: FleetAggregates?
    /// Twins that only the newer run has.
    private(set) var newCount = 0
    /// Twins that only the older run has.
    private(set) var goneCount = 0
    /// The twins whose expected purchases differ most.
    private(set) var changes = TopList<TwinChange>(limit: FleetAggregates.listLength) {
        (abs($1.difference), $0.pseudonym) < (abs($0.difference), $1.pseudonym)
    }

    private var unmatchedAfter: [String: FleetAggregates.TwinSums] = [:]
    private var unmatchedBefore: [String: FleetAggregates.TwinSums] = [:]

    /// Reads.
    ///
    /// Both runs list twins in the order in which a store knows them. Read in turns, a twin is soon
    /// met in both, so that memory grows with the twins that came or went and not with all.
    ///
    /// - Parameters:
    ///   - afterPaths: The files of the newer run.
    ///   - beforePaths: The files of the older run; none if there is nothing to compare with.
    ///   - progress: Told the share that was read, now and then.
    /// - Throws: What the reader throws; ``FuturesError`` if the runs cannot be compared.
    init(
        after afterPaths: [String], before beforePaths: [String], progress: (Double) -> Void
    ) throws {
        var newer = try FleetReader(paths: afterPaths)
        guard let first = try newer.nextTwin(), let span = newer.span else {
            throw FuturesError(
                "\(afterPaths.first ?? "The file") holds no forecasts.",
                remedy: .giveForecasts)
        }
        after = FleetAggregates(span)
        guard !beforePaths.isEmpty else {
            after.add(first)
            while let twin = try newer.nextTwin() {
                after.add(twin)
                if after.twinCount.isMultiple(of: 64) { progress(newer.fraction) }
            }
            return
        }
        var older = try FleetReader(paths: beforePaths)
        let start = try older.nextTwin()
        guard let start, let early = older.span, early.days == span.days else {
            throw FuturesError(
                "The runs look \(older.span?.days ?? 0) and \(span.days) days ahead.",
                remedy: .giveSameHorizon)
        }
        var tally = FleetAggregates(early)
        var (new, old): (FleetTwin?, FleetTwin?) = (first, start)
        while new != nil || old != nil {
            if let twin = new { meet(after: after.add(twin)) }
            if let twin = old { meet(before: tally.add(twin)) }
            new = new == nil ? nil : try newer.nextTwin()
            old = old == nil ? nil : try older.nextTwin()
            if after.twinCount.isMultiple(of: 64) {
                progress((newer.fraction + older.fraction) / 2)
            }
        }
        before = tally
        newCount = unmatchedAfter.count
        goneCount = unmatchedBefore.count
    }

    private mutating func meet(after sums: FleetAggregates.TwinSums) {
        if let other = unmatchedBefore.removeValue(forKey: sums.pseudonym) {
            compare(other, sums)
        } else {
            unmatchedAfter[sums.pseudonym] = sums
        }
    }

    private mutating func meet(before sums: FleetAggregates.TwinSums) {
        if let other = unmatchedAfter.removeValue(forKey: sums.pseudonym) {
            compare(sums, other)
        } else {
            unmatchedBefore[sums.pseudonym] = sums
        }
    }

    private mutating func compare(
        _ early: FleetAggregates.TwinSums, _ late: FleetAggregates.TwinSums
    ) {
        changes.add(
            TwinChange(
                pseudonym: late.pseudonym, before: early.expected, after: late.expected,
                variance: early.variance + late.variance))
    }
}
