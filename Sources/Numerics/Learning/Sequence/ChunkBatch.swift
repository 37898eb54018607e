import Kernels

/// The batch rows of one block, which is the unit of work of one thread.
let batchRowsPerBlock = 16

/// The training examples of one block in one chunk: n batch rows × L steps.
///
/// A batch row is one of n sequences that run in parallel. Arrays are step-major: the index of
/// batch row b at step t is t · n + b.
struct BlockBatch: Sendable {
    let batchRows: Int
    let steps: Int
    /// The item of the input event; -1 if the batch row has no sequences left.
    var items: [Int32]
    var types: [UInt8]
    var gaps: [UInt8]
    var weekParts: [UInt8]
    /// The item of the target event, which follows the input event.
    var targetItems: [Int32]
    var targetTypes: [UInt8]
    var targetGaps: [UInt8]
    var targetWeekParts: [UInt8]
    /// Whether a new sequence begins at this event, with a zero state.
    var resets: [Bool]
    /// The number of examples: elements with an event.
    var activeCount = 0

    /// The number of elements, n · L: the rows of matrices of activations.
    var rows: Int { batchRows * steps }

    init(batchRows: Int, steps: Int) {
        self.batchRows = batchRows
        self.steps = steps
        let rows = batchRows * steps
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

/// Cuts event sequences into chunks of L steps for parallel batch rows.
///
/// A batch row goes through one sequence from chunk to chunk. At its end, the batch row continues
/// with the next sequence in order. A sequence of m events gives m − 1 examples: each event
/// predicts the next one.
struct SequenceChunker {
    private let sequences: EventSequences
    private let order: [Int]
    private let steps: Int
    private let batchRows: Int
    private var next = 0
    /// For each batch row: the next input event, and the first event and the end of its sequence.
    private var positions: [(index: Int, start: Int, end: Int)]

    /// A chunker of the sequences with the numbers `order`, in that order.
    init(_ sequences: EventSequences, order: [Int], batchRows: Int, steps: Int) {
        self.sequences = sequences
        self.order = order
        self.steps = steps
        self.batchRows = batchRows
        positions = [(index: Int, start: Int, end: Int)](repeating: (0, 0, 0), count: batchRows)
    }

    /// The number of batch rows of each block.
    static func blockSizes(batchRows: Int) -> [Int] {
        stride(from: 0, to: batchRows, by: batchRowsPerBlock).map {
            min(batchRowsPerBlock, batchRows - $0)
        }
    }

    /// The next chunk, or `nil` when all sequences are used up.
    mutating func nextChunk() -> [BlockBatch]? {
        var blocks: [BlockBatch] = []
        var active = 0
        var firstBatchRow = 0
        for size in Self.blockSizes(batchRows: batchRows) {
            var block = BlockBatch(batchRows: size, steps: steps)
            for batchRow in 0..<size {
                fill(&block, batchRow: batchRow, position: firstBatchRow + batchRow)
            }
            active += block.activeCount
            blocks.append(block)
            firstBatchRow += size
        }
        return active > 0 ? blocks : nil
    }

    private mutating func fill(_ block: inout BlockBatch, batchRow: Int, position: Int) {
        for step in 0..<steps {
            let row = step * block.batchRows + batchRow
            if positions[position].index + 1 >= positions[position].end {
                guard let range = nextSequence() else { return }
                positions[position] = (range.lowerBound, range.lowerBound, range.upperBound)
                block.resets[row] = true
            }
            let (index, start, _) = positions[position]
            block.items[row] = sequences.items[index]
            block.types[row] = sequences.types[index]
            block.gaps[row] = sequences.gap(before: index, sequenceStart: start)
            block.weekParts[row] = UInt8(WeekPart.index(time: sequences.times[index]))
            block.targetItems[row] = sequences.items[index + 1]
            block.targetTypes[row] = sequences.types[index + 1]
            block.targetGaps[row] = sequences.gap(before: index + 1, sequenceStart: start)
            block.targetWeekParts[row] = UInt8(WeekPart.index(time: sequences.times[index + 1]))
            block.activeCount += 1
            positions[position].index = index + 1
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
