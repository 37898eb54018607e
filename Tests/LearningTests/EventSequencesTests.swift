import Foundation
import Kernels
import Testing

@testable import Learning

@Suite("Event sequences")
struct EventSequencesTests {
    private var example: EventSequences {
        var sequences = EventSequences()
        sequences.append(items: [1, 2, 3], types: [0, 1, 0], times: [10, 10, 100])
        sequences.append(items: [], types: [], times: [])
        sequences.append(items: [4], types: [2], times: [7])
        return sequences
    }

    @Test("Sequences follow each other")
    func layout() {
        let sequences = example
        #expect(sequences.count == 3 && sequences.offsets == [0, 3, 3, 4])
        #expect(sequences.range(of: 0) == 0..<3 && sequences.range(of: 1).isEmpty)
        #expect(EventSequences().count == 0)
        let subset = sequences.subset([2, 0, 0])
        #expect(subset.items == [4, 1, 2, 3, 1, 2, 3] && subset.offsets == [0, 1, 4, 7])
        #expect(subset.times == [7, 10, 10, 100, 10, 10, 100])
        #expect(subset.types == [2, 0, 1, 0, 0, 1, 0])
    }

    @Test("Arrays that disagree are found")
    func validation() throws {
        try example.validate(itemCount: 5, typeCount: 3)
        #expect(throws: LearningError.self) { try example.validate(itemCount: 4, typeCount: 3) }
        #expect(throws: LearningError.self) { try example.validate(itemCount: 5, typeCount: 2) }
        let damages: [@Sendable (inout EventSequences) -> Void] = [
            { $0.offsets = [] }, { $0.offsets[3] = 9 }, { $0.offsets[0] = 1 },
            { $0.offsets[1] = 4 }, { $0.items.removeLast() }, { $0.types.append(0) },
            { $0.times.removeAll() }, { $0.items[0] = -1 },
        ]
        for (index, damage) in damages.enumerated() {
            var broken = example
            damage(&broken)
            let error = #expect(throws: LearningError.self, "damage \(index)") {
                try broken.validate(itemCount: 5, typeCount: 3)
            }
            #expect(error?.code == .invalidData)
        }
    }

    @Test("Batch rows go through each sequence in order, and resets mark the starts")
    func batchRows() {
        var sequences = EventSequences()
        for sequence in 0..<7 {
            let length = [5, 1, 9, 2, 0, 4, 30][sequence]
            sequences.append(
                items: (0..<length).map { Int32(sequence * 100 + $0) },
                types: [UInt8](repeating: 1, count: length),
                times: (0..<length).map { Int64($0 * 60) })
        }
        var chunker = SequenceChunker(
            sequences, order: [6, 5, 4, 3, 2, 1, 0], batchRows: 3, steps: 4)
        var seen: [[(item: Int32, target: Int32, reset: Bool)]] = [[], [], []]
        while let chunk = chunker.nextChunk() {
            #expect(chunk.count == 1)
            for row in 0..<chunk[0].rows where chunk[0].items[row] >= 0 {
                seen[row % 3].append(
                    (chunk[0].items[row], chunk[0].targetItems[row], chunk[0].resets[row]))
                #expect(chunk[0].targetGaps[row] == 1)
                #expect(chunk[0].gaps[row] == (chunk[0].resets[row] ? TimeGap.beginning : 1))
            }
        }
        #expect(seen.joined().count == 4 + 8 + 1 + 3 + 29)
        for batchRow in seen {
            #expect(batchRow.first?.reset == true)
            for (before, after) in zip(batchRow, batchRow.dropFirst()) {
                #expect(after.reset || after.item == before.target)
                #expect(!after.reset || after.item % 100 == 0)
            }
            for step in batchRow { #expect(step.target == step.item + 1) }
        }
        #expect(SequenceChunker.blockSizes(batchRows: 37) == [16, 16, 5])
    }
}

@Suite("Time gaps")
struct TimeGapTests {
    @Test("Bounds and classes agree at every edge")
    func edges() {
        #expect(TimeGap.bounds(0) == 0...0)
        for index in 0..<TimeGap.count {
            let bounds = TimeGap.bounds(index)
            #expect(TimeGap.index(seconds: bounds.lowerBound) == index)
            #expect(TimeGap.index(seconds: bounds.upperBound) == index)
            if index > 0 {
                #expect(bounds.lowerBound == TimeGap.bounds(index - 1).upperBound + 1)
            }
        }
        #expect(TimeGap.bounds(TimeGap.count - 1).upperBound == 180 * 86_400)
    }

    @Test(
        "Known gaps",
        arguments: [
            (0, 0), (1, 1), (60, 1), (61, 2), (300, 2), (1_800, 3), (7_200, 4), (28_800, 5),
            (72_000, 6), (86_400, 7), (2 * 86_400, 8), (3 * 86_400, 9), (5 * 86_400, 10),
            (7 * 86_400, 11), (14 * 86_400, 12), (30 * 86_400, 13), (60 * 86_400, 14),
            (61 * 86_400, 15), (-5, 0),
        ] as [(Int64, Int)])
    func known(_ seconds: Int64, _ expected: Int) {
        #expect(TimeGap.index(seconds: seconds) == expected)
    }

    @Test("Extreme times give a class and no trap")
    func extremes() {
        #expect(TimeGap.index(seconds: .max) == TimeGap.count - 1)
        #expect(TimeGap.index(seconds: .min) == 0)
        var sequences = EventSequences()
        sequences.append(items: [0, 0], types: [0, 0], times: [.min, .max])
        #expect(sequences.gap(before: 1, sequenceStart: 0) == TimeGap.beginning)
    }
}
