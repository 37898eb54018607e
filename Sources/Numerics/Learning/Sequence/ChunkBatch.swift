import Kernels

/// A lane block: this many parallel sequences are the unit of work of one thread.
let lanesPerBlock = 16

/// The training examples of one lane block in one chunk: n lanes × L steps.
///
/// Arrays are step-major: the place of lane l at step t is t · n + l.
struct BlockBatch: Sendable {
    let lanes: Int
    let steps: Int
    /// The event that is read; item -1 where a lane has run out of sequences.
    var items: [Int32]
    var types: [UInt8]
    var gaps: [UInt8]
    var weekParts: [UInt8]
    /// The event that is to be predicted.
    var targetItems: [Int32]
    var targetTypes: [UInt8]
    var targetGaps: [UInt8]
    var targetWeekParts: [UInt8]
    /// Whether a new sequence begins here, with a zero state.
    var resets: [Bool]
    /// How many places hold an event.
    var activeCount = 0

    var rows: Int { lanes * steps }

    init(lanes: Int, steps: Int) {
        self.lanes = lanes
        self.steps = steps
        let rows = lanes * steps
        items = [Int32](repeating: -1, count: rows)
        types = [UInt8](repeating: 0, count: rows)
        gaps = [UInt8](repeating: 0, count: rows)
        weekParts = [UInt8](repeating: WeekPart.unknown, count: rows)
        targetItems = [Int32](repeating: -1, count: rows)
        targetTypes = [UInt8](repeating: 0, count: rows)
        targetGaps = [UInt8](repeating: 0, count: rows)
        targetWeekParts = [UInt8](repeating: WeekPart.unknown, count: rows)
        resets = [Bool](repeating: false, count: rows)
    }
}

/// Cuts event sequences into chunks of L steps of parallel lanes, with the state carried over.
///
/// A lane goes through one sequence from chunk to chunk; where it ends, the next sequence in order
/// begins. An event sequence of m events gives m − 1 examples: each event predicts the next.
struct LaneFiller {
    private let sequences: EventSequences
    private let order: [Int]
    private let steps: Int
    private let lanes: Int
    private var next = 0
    /// Per lane: the event to be read next, the first event and the end of its sequence.
    private var places: [(index: Int, start: Int, end: Int)]

    /// Lanes take the sequences with the numbers `order`, in that order.
    init(_ sequences: EventSequences, order: [Int], lanes: Int, steps: Int) {
        self.sequences = sequences
        self.order = order
        self.steps = steps
        self.lanes = lanes
        places = [(index: Int, start: Int, end: Int)](repeating: (0, 0, 0), count: lanes)
    }

    /// The lanes of each block.
    static func blockSizes(lanes: Int) -> [Int] {
        stride(from: 0, to: lanes, by: lanesPerBlock).map { min(lanesPerBlock, lanes - $0) }
    }

    /// The next chunk, or `nil` when all sequences are used up.
    mutating func nextChunk() -> [BlockBatch]? {
        var blocks: [BlockBatch] = []
        var active = 0
        var firstLane = 0
        for size in Self.blockSizes(lanes: lanes) {
            var block = BlockBatch(lanes: size, steps: steps)
            for lane in 0..<size { fill(&block, lane: lane, place: firstLane + lane) }
            active += block.activeCount
            blocks.append(block)
            firstLane += size
        }
        return active > 0 ? blocks : nil
    }

    private mutating func fill(_ block: inout BlockBatch, lane: Int, place: Int) {
        for step in 0..<steps {
            let row = step * block.lanes + lane
            if places[place].index + 1 >= places[place].end {
                guard let range = nextSequence() else { return }
                places[place] = (range.lowerBound, range.lowerBound, range.upperBound)
                block.resets[row] = true
            }
            let (index, start, _) = places[place]
            block.items[row] = sequences.items[index]
            block.types[row] = sequences.types[index]
            block.gaps[row] = sequences.gap(before: index, sequenceStart: start)
            block.weekParts[row] = UInt8(WeekPart.index(time: sequences.times[index]))
            block.targetItems[row] = sequences.items[index + 1]
            block.targetTypes[row] = sequences.types[index + 1]
            block.targetGaps[row] = sequences.gap(before: index + 1, sequenceStart: start)
            block.targetWeekParts[row] = UInt8(WeekPart.index(time: sequences.times[index + 1]))
            block.activeCount += 1
            places[place].index = index + 1
        }
    }

    private mutating func nextSequence() -> Range<Int>? {
        while next < order.count {
            let range = sequences.range(of: order[next])
            next += 1
            if range.count >= 2 { return range }
        }
        return nil
    }
}
