import Foundation
import Kernels

/// The items that stand for the whole catalogue in a softmax over items.
struct Candidates: Sendable {
    /// In ascending order.
    let items: [Int32]
    /// Per candidate −log(expected number of draws); 0 when every item is a candidate.
    private let corrections: [Float]
    private let gathered: MatrixView  // S × d
    let offsets: MatrixView  // 1 × S: bias + correction
    let columns: PackedMatrix  // d × S, for logits
    let rows: PackedMatrix  // S × d, for the way back

    init(items: [Int32], corrections: [Float], width: Int) {
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

    /// The candidates in the form that the softmax reads.
    var table: CandidateTable {
        CandidateTable(columns: columns, rows: rows, offsets: offsets)
    }

    /// The places of an item among the candidates.
    func places(of item: Int32) -> Range<Int> {
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

    /// Takes over the present vectors (or cosine scale · their directions) and biases.
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

/// Draws candidates: all items if there are few, else by smoothed popularity.
struct CandidateSampler: Sendable {
    private let itemCount: Int
    private let width: Int
    private let popularity: AliasTable?

    /// Popularity is counted in `sequences`.
    init(_ sequences: EventSequences, itemCount: Int, width: Int) {
        self.itemCount = itemCount
        self.width = width
        var counts = [Double](repeating: 1, count: itemCount)  // one more each: none is impossible
        for item in sequences.items { counts[Int(item)] += 1 }
        popularity = AliasTable(weights: counts.map { pow($0, 0.75) })
    }

    /// `count` candidates drawn with replacement; all items once if there are not more.
    func draw(_ count: Int, from numbers: Philox) -> Candidates {
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
