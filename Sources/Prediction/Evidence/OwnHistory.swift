public import Learning

/// What a twin does again: for each item it has met, the probability of meeting it at the next
/// moment, learned from everybody's repetitions.
///
/// An item is described by how often, how lately and how regularly it came back; the share of
/// like cases in which it came back at the next moment is counted in cells, and fine cells with
/// few cases lean on the coarser cells around them (m-estimate, Cestnik 1990). This holds decayed
/// frequency and re-purchase rhythm in one table, and needs no assumption about either.
public struct OwnHistory: EvidenceSource {
    /// Probability of a repetition at the next moment, for each of the finest cells.
    public let probabilities: [Float]

    /// Which evidence this is.
    public var name: EvidenceName { .history }

    /// Cases by which a cell leans on the one above it.
    private static let leaning = 20.0
    /// Events that are counted at most; beyond that, every n-th sequence is.
    private static let eventCountMax = 4_000_000

    /// Counts the repetitions of all sequences.
    ///
    /// - Complexity: O(Σ moments × distinct items) over the sequences.
    public init(_ sequences: EventSequences) {
        var counts = RepetitionCounts()
        let stride = max(1, sequences.items.count / Self.eventCountMax)
        for sequence in Swift.stride(from: 0, to: sequences.count, by: stride) {
            counts.add(History(sequences, sequence: sequence))
        }
        probabilities = counts.probabilities(leaning: Self.leaning)
    }

    init(probabilities: [Float]) { self.probabilities = probabilities }

    /// The items of the history in proportion to their probabilities of repetition.
    public func evidence(for context: Context) -> Evidence {
        evidence(
            RepetitionTracker(context.history), time: context.time, type: context.type,
            excluding: context.sameMoment ? context.history.lastMoment : [])
    }

    /// The same from a tracker that the caller keeps up to date.
    func evidence(
        _ tracker: RepetitionTracker, time: Int64, type: UInt8, excluding: ArraySlice<Int32>
    ) -> Evidence {
        var weights: [Int32: Float] = [:]
        weights.reserveCapacity(tracker.items.count)
        for (item, repetition) in zip(tracker.items, tracker.repetitions) {
            weights[item] = probability(
                repetition, moments: tracker.momentCount, time: time, type: type)
        }
        for item in excluding { weights[item] = nil }
        return Evidence(weights: weights)
    }

    /// The probability that an item comes back at the next moment.
    package func probability(
        _ repetition: Repetition, moments: Int, time: Int64, type: UInt8
    ) -> Float {
        probabilities[
            RepetitionCells.cell(repetition, moments: moments, time: time, type: type)]
    }
}

/// Cases and repetitions, counted in the finest cells.
private struct RepetitionCounts {
    private var cases = [UInt32](repeating: 0, count: RepetitionCells.sizes[3])
    private var hits = [UInt32](repeating: 0, count: RepetitionCells.sizes[3])

    mutating func add(_ history: History) {
        var tracker = RepetitionTracker()
        for index in 0..<history.momentCount {
            let events = history.moment(index)
            var types: Set<UInt8> = []
            var present: Set<Int64> = []
            for event in events {
                types.insert(history.types[event])
                present.insert(Self.key(history.items[event], history.types[event]))
            }
            let time = history.times[events.lowerBound]
            for (item, repetition) in zip(tracker.items, tracker.repetitions) {
                for type in types {
                    let cell = RepetitionCells.cell(
                        repetition, moments: index, time: time, type: type)
                    cases[cell] += 1
                    if present.contains(Self.key(item, type)) { hits[cell] += 1 }
                }
            }
            tracker.observe(history, events: events)
        }
    }

    /// The share of repetitions in each finest cell, leaning on the coarser levels.
    func probabilities(leaning: Double) -> [Float] {
        var levels = [(cases: cases.map(Double.init), hits: hits.map(Double.init))]
        for fanOut in RepetitionCells.fanOut.reversed() {
            let finer = levels[0]
            let size = finer.cases.count / fanOut
            var coarser = (
                cases: [Double](repeating: 0, count: size),
                hits: [Double](repeating: 0, count: size)
            )
            for cell in finer.cases.indices {
                coarser.cases[cell / fanOut] += finer.cases[cell]
                coarser.hits[cell / fanOut] += finer.hits[cell]
            }
            levels.insert(coarser, at: 0)
        }
        var parent = [0.01]
        for level in levels {
            let fanOut = level.cases.count / parent.count
            parent = level.cases.indices.map { cell in
                (level.hits[cell] + leaning * parent[cell / fanOut]) / (level.cases[cell] + leaning)
            }
        }
        return parent.map(Float.init)
    }

    private static func key(_ item: Int32, _ type: UInt8) -> Int64 {
        Int64(item) << 8 | Int64(type)
    }
}
