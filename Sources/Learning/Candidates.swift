import Foundation
import Kernels

/// The items that stand for the whole catalogue in a softmax over items.
struct Candidates: Sendable {
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

    /// Takes over the present vectors and biases of the candidates.
    func gather(_ weights: SequenceWeights) {
        let table = weights.itemTable
        for (index, item) in items.enumerated() {
            gathered.copyRow(index, from: table, row: Int(item))
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
            return Candidates(
                items: (0..<itemCount).map { Int32($0) },
                corrections: [Float](repeating: 0, count: itemCount), width: width)
        }
        var items: [Int32] = []
        var corrections: [Float] = []
        items.reserveCapacity(count)
        corrections.reserveCapacity(count)
        for index in 0..<count {
            let item = popularity.sample(numbers.uniform(at: UInt64(index)))
            items.append(Int32(item))
            corrections.append(
                Float(-log(Double(count) * popularity.probabilities[item])))
        }
        return Candidates(items: items, corrections: corrections, width: width)
    }
}
