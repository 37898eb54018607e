import Foundation
import Kernels

/// The candidates of a softmax over items: a sample of the catalogue, or all items.
struct Candidates: Sendable {
    /// The items in ascending order; a sample may have an item several times.
    let items: [Int32]
    /// −log(expected count in the sample) of each candidate; 0 if all items are candidates.
    private let corrections: [Float]
    private let gathered: MatrixView  // S × d
    let offsets: MatrixView  // 1 × S: bias + correction
    let columns: PackedMatrix  // d × S, for logits
    let rows: PackedMatrix  // S × d, for the backward pass

    init(items: [Int32], corrections: [Float], width: Int) {
        precondition(items.count == corrections.count, "Each candidate needs one correction.")
        self.items = items
        self.corrections = corrections
        let count = items.count
        gathered = FloatStorage(count: count * width).view(rows: count, columns: width)
        offsets = FloatStorage(count: count).view(rows: 1, columns: count)
        columns = PackedMatrix(rows: width, columns: count)
        rows = PackedMatrix(rows: count, columns: width)
    }

    /// Every item once, for the softmax over the whole catalogue.
    init(all itemCount: Int, width: Int) {
        self.init(
            items: (0..<itemCount).map { Int32($0) },
            corrections: [Float](repeating: 0, count: itemCount), width: width)
    }

    /// The candidates in the form that `CandidateSoftmax` reads.
    var table: CandidateTable {
        CandidateTable(columns: columns, rows: rows, offsets: offsets)
    }

    /// The positions of an item among the candidates.
    func positions(of item: Int32) -> Range<Int> {
        func first(_ reached: (Int32) -> Bool) -> Int {
            var low = 0
            var high = items.count
            while low < high {
                let middle = (low + high) / 2
                if reached(items[middle]) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        return first { $0 >= item }..<first { $0 > item }
    }

    /// Copies the current vectors (or cosine scale · their directions) and biases.
    func gather(_ weights: SequenceWeights) {
        let table = weights.itemTable
        let scale = weights.configuration.cosineScale
        for (index, item) in items.enumerated() {
            gathered.copyRow(index, from: table, row: Int(item))
            if let scale { _ = gathered.normalizeRow(index, length: scale) }
            offsets[0, index] = weights.itemBias[Int(item)] + corrections[index]
        }
        columns.pack(gathered, transposed: true)
        rows.pack(gathered)
    }
}

/// Samples candidates by smoothed popularity, or takes all items if there are few.
struct CandidateSampler: Sendable {
    private let itemCount: Int
    private let width: Int
    private let popularity: AliasTable?

    /// A sampler with the popularity of items in `sequences`.
    init(_ sequences: EventSequences, itemCount: Int, width: Int) {
        self.itemCount = itemCount
        self.width = width
        // Each count is 1 more, so that no item has probability 0.
        var counts = [Double](repeating: 1, count: itemCount)
        for item in sequences.items { counts[Int(item)] += 1 }
        popularity = AliasTable(weights: counts.map { pow($0, 0.75) })
    }

    /// A sample of `count` candidates with replacement; all items once if there are no more.
    func sample(_ count: Int, from numbers: Philox) -> Candidates {
        guard itemCount > count, let popularity else {
            return Candidates(all: itemCount, width: width)
        }
        let items = (0..<count)
            .map { Int32(popularity.sample(numbers.uniform(at: UInt64($0)))) }.sorted()
        let corrections = items.map {
            Float(-log(Double(count) * popularity.probabilities[Int($0)]))
        }
        return Candidates(items: items, corrections: corrections, width: width)
    }
}
