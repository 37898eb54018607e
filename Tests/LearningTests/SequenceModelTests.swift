import Foundation
import Kernels
import Testing

@testable import Learning

@Suite("Sequence model")
struct SequenceModelTests {
    private let sizes = SequenceModel.Configuration(
        itemCount: 45, typeCount: 4, width: 20, layers: 2)
    private let model: SequenceModel

    init() {
        model = SequenceModel(SequenceWeights.random(sizes, seed: 5))
    }

    /// A state in which every parallel sequence has had three events of its own.
    private func state(_ count: Int) -> SequenceModel.State {
        var state = model.initialState(count: count)
        for step in 0..<3 {
            model.advance(
                &state, items: (0..<count).map { Int32(($0 * 7 + step) % 45) },
                types: (0..<count).map { UInt8(($0 + step) % 4) },
                gaps: (0..<count).map { UInt8(($0 + 2 * step) % 16) })
        }
        return state
    }

    @Test("Probabilities are not negative and sum to 1", arguments: [1, 3, 33])
    func sums(_ count: Int) {
        let state = state(count)
        let gaps = (0..<count).map { UInt8($0 % 16) }
        let types = (0..<count).map { UInt8($0 % 4) }
        let tables = [
            (model.gapProbabilities(state), TimeGap.count),
            (model.typeProbabilities(state, gaps: gaps), 4),
            (model.itemProbabilities(state, gaps: gaps, types: types), 45),
        ]
        for (table, columns) in tables {
            #expect(table.rows == count && table.columns == columns)
            for row in 0..<count {
                #expect(abs(table.row(row).reduce(0, +) - 1) < 1e-5)
                #expect(table.row(row).allSatisfy { $0 >= 0 })
            }
        }
    }

    @Test("Drawn items pass where the table's running sum does")
    func draws() {
        let (count, draws) = (70, 9)
        let state = state(count)
        let gaps = (0..<count).map { UInt8($0 % 16) }
        let types = (0..<count).map { UInt8($0 % 4) }
        let parts = (0..<count).map { UInt8($0 % 56) }
        var generator = PhiloxGenerator(seed: 8)
        let uniforms = (0..<count * draws).map { _ in generator.uniform() }
        let table = model.itemProbabilities(state, gaps: gaps, weekParts: parts, types: types)
        let drawn = model.drawItems(
            model.itemQuery(state, gaps: gaps, weekParts: parts, types: types), at: uniforms)
        #expect(drawn.count == count * draws)
        for (place, item) in drawn.enumerated() {
            let row = table.row(place / draws)
            let below = row.prefix(Int(item)).reduce(0.0) { $0 + Double($1) }
            let own = Double(row[row.startIndex + Int(item)])
            #expect(uniforms[place] > below - 1e-5 && uniforms[place] < below + own + 1e-5)
        }
        #expect(
            model.drawItems(
                model.itemQuery(model.initialState(count: 0), gaps: [], types: []), at: [])
                == [])
    }

    @Test("The probability of one item is the one in the table, at any number of threads")
    func single() {
        let state = state(70)
        let gaps = (0..<70).map { UInt8($0 % 16) }
        let types = (0..<70).map { UInt8($0 % 4) }
        let items = (0..<70).map { Int32($0 % 47) - 1 }
        let table = model.itemProbabilities(state, gaps: gaps, types: types)
        #expect(model.itemProbabilities(state, gaps: gaps, types: types, threads: 2) == table)
        for threads in [1, 2] {
            let single = model.itemProbability(
                state, gaps: gaps, types: types, items: items, threads: threads)
            for row in 0..<70 {
                let item = Int(items[row])
                #expect(single[row] == (0..<45 ~= item ? table[row, item] : 0))
            }
        }
    }

    @Test("Parallel sequences do not see each other")
    func independence() {
        let together = state(19)
        for row in [0, 7, 18] {
            var alone = model.initialState(count: 1)
            for step in 0..<3 {
                model.advance(
                    &alone, items: [Int32((row * 7 + step) % 45)],
                    types: [UInt8((row + step) % 4)], gaps: [UInt8((row + 2 * step) % 16)])
            }
            #expect(alone.elements == model.select(together, rows: [row]).elements)
        }
    }

    @Test("Replaying is advancing event by event")
    func replay() {
        let items: [Int32] = [3, 9, 9, 44]
        let types: [UInt8] = [0, 1, 3, 2]
        let times: [Int64] = [100, 100, 150, 100_000]
        var state = model.initialState(count: 1)
        let gaps: [UInt8] = [TimeGap.beginning, 0, 1, UInt8(TimeGap.index(seconds: 99_850))]
        for index in items.indices {
            model.advance(
                &state, items: [items[index]], types: [types[index]], gaps: [gaps[index]])
        }
        let replayed = model.replay(items: items, types: types, times: times)
        #expect(replayed.elements == state.elements)
        let nothing = model.replay(items: [], types: [], times: [])
        #expect(nothing.elements == [Float](repeating: 0, count: 80))
    }

    @Test("A state is a value, can be repeated and selected from")
    func states() {
        let base = state(3)
        var advanced = base
        model.advance(&advanced, items: [1, 2, 3], types: [0, 0, 0], gaps: [1, 1, 1])
        #expect(base.elements == state(3).elements && advanced.elements != base.elements)
        let repeated = model.state(repeating: base, count: 2)
        #expect(repeated.count == 6)
        #expect(repeated.elements == model.select(base, rows: [0, 0, 1, 1, 2, 2]).elements)
        #expect(model.select(repeated, rows: [0, 2, 4]).elements == base.elements)
        #expect(model.select(base, rows: []).elements.isEmpty)
    }

    @Test("States are joined in order, none and empty ones included")
    func joined() {
        let base = state(5)
        let parts = [[0, 1], [], [4], [2, 3]].map { model.select(base, rows: $0) }
        let together = model.state(joining: parts)
        #expect(together.elements == model.select(base, rows: [0, 1, 4, 2, 3]).elements)
        #expect(together.count == 5)
        #expect(model.state(joining: []).count == 0)
        #expect(model.state(joining: [base]).elements == base.elements)
    }

    @Test("The outlook is what items are found by")
    func outlook() {
        let state = state(3)
        let (gaps, types): ([UInt8], [UInt8]) = ([1, 5, 9], [0, 3, 2])
        let outlook = model.gatingFeatures(state, gaps: gaps, types: types)
        let table = model.itemProbabilities(state, gaps: gaps, types: types)
        let vectors = model.itemEmbeddings
        for row in 0..<3 {
            let scores = (0..<45).map { item in
                zip(outlook.row(row), vectors.vectors[item * 20..<(item + 1) * 20])
                    .reduce(Float(0)) { $0 + $1.0 * $1.1 }
            }
            // The bias of a fresh model is 0, so the softmax of the scores is the table.
            let highest = scores.max() ?? 0
            let total = scores.reduce(Float(0)) { $0 + exp($1 - highest) }
            for item in 0..<45 {
                #expect(abs(exp(scores[item] - highest) / total - table[row, item]) < 1e-5)
            }
        }
    }

    @Test("A kept state comes back, a foreign one is refused")
    func keptStates() throws {
        let base = state(5)
        let kept = base.elements
        #expect(kept.count == 5 * 2 * 2 * 20)
        let back = try model.state(elements: kept)
        #expect(back.count == 5 && back.elements == kept)
        #expect(model.gapProbabilities(back) == model.gapProbabilities(base))
        #expect(try model.state(elements: []).count == 0)
        for broken in [Array(kept.dropLast()), kept.map { $0 * .infinity }] {
            let error = #expect(throws: LearningError.self) { try model.state(elements: broken) }
            #expect(error?.code == .invalidData)
        }
    }

    @Test("Unknown items, types and gaps are taken in without a trap")
    func unknown() {
        var state = model.initialState(count: 4)
        model.advance(
            &state, items: [-1, 45, .max, .min], types: [0, 4, 255, 1], gaps: [0, 16, 255, 3])
        let gaps = model.gapProbabilities(state)
        #expect(gaps.elements.allSatisfy { $0.isFinite })
        var same = model.initialState(count: 1)
        model.advance(&same, items: [.max], types: [200], gaps: [15])
        #expect(same.elements == model.select(state, rows: [2]).elements)
        let items = model.itemProbabilities(
            state, gaps: [255, 0, 1, 2], types: [255, 0, 1, 2])
        #expect(items.elements.allSatisfy { $0.isFinite })
    }

    @Test("No sequences at all")
    func none() {
        var state = model.initialState(count: 0)
        model.advance(&state, items: [], types: [], gaps: [])
        #expect(model.itemProbabilities(state, gaps: [], types: []).elements.isEmpty)
        #expect(model.gapProbabilities(state).rows == 0 && state.elements.isEmpty)
    }

    @Test("A model survives its file with the same bytes and answers")
    func file() throws {
        let tensors = try withFolder { folder in
            let path = folder + "/model.safetensors"
            try SafeTensors.write(model.tensors(), metadata: ["k": "v"], to: path)
            return try SafeTensors.read(from: path).tensors
        }
        #expect(tensors == model.tensors())
        let copy = try SequenceModel(configuration: sizes, tensors: tensors)
        let state = state(3)
        #expect(copy.gapProbabilities(state) == model.gapProbabilities(state))
        #expect(
            copy.itemProbabilities(state, gaps: [1, 2, 3], types: [0, 1, 2])
                == model.itemProbabilities(state, gaps: [1, 2, 3], types: [0, 1, 2]))
        #expect(copy.itemEmbeddings == model.itemEmbeddings)
    }

    @Test("Tensors that do not fit are refused")
    func wrongTensors() {
        let good = model.tensors()
        var missing = good
        missing["gap_bias"] = nil
        var extra = good
        extra["other"] = Tensor(shape: [1], [1])
        var reshaped = good
        reshaped["gap_bias"] = Tensor(shape: [16], [Float](repeating: 0, count: 16))
        var kind = good
        kind["item_bias"] = Tensor(shape: [45], .f64([Double](repeating: 0, count: 45)))
        var infinite = good
        infinite["item_bias"] = Tensor(shape: [45], [Float](repeating: .infinity, count: 45))
        for tensors in [missing, extra, reshaped, kind, infinite, [:]] {
            let error = #expect(throws: LearningError.self) {
                try SequenceModel(configuration: sizes, tensors: tensors)
            }
            #expect(error?.code == .wrongTensors)
        }
        for (items, types, width, layers) in [
            (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0), (.max, 1, .max, 1),
        ] {
            let error = #expect(throws: LearningError.self) {
                try SequenceModel(
                    configuration: SequenceModel.Configuration(
                        itemCount: items, typeCount: types, width: width, layers: layers),
                    tensors: good)
            }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test("Sizes kept before there were cosines are read as scalar products")
    func oldSizes() throws {
        let text = #"{"itemCount": 45, "typeCount": 4, "width": 20, "layers": 2}"#
        let read = try JSONDecoder().decode(
            SequenceModel.Configuration.self, from: Data(text.utf8))
        #expect(read == sizes && read.cosineScale == nil)
        for scale: Float in [0, -1, .nan, .infinity] {
            let error = #expect(throws: LearningError.self) {
                try SequenceModel(
                    configuration: SequenceModel.Configuration(
                        itemCount: 45, typeCount: 4, width: 20, layers: 2, cosineScale: scale),
                    tensors: model.tensors())
            }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test("With cosines the length of an item's vector does not matter to its probability")
    func cosines() throws {
        let sizes = SequenceModel.Configuration(
            itemCount: 45, typeCount: 4, width: 20, layers: 2, cosineScale: 16)
        let weights = model.weights.copy()
        let plain = try SequenceModel(
            configuration: sizes, tensors: SequenceModel(weights).tensors())
        var tensors = plain.tensors()
        let items = try #require(tensors["item_embedding"]?.floats)
        tensors["item_embedding"] = Tensor(
            shape: [45, 20],
            items.indices.map { $0 / 20 == 7 ? 5 * items[$0] : items[$0] })
        let stretched = try SequenceModel(configuration: sizes, tensors: tensors)
        // The state comes from one model: as an input the length does matter.
        let state = state(3)
        let tables = [plain, stretched].map {
            $0.itemProbabilities(state, gaps: [1, 2, 3], types: [0, 1, 2]).elements
        }
        #expect(zip(tables[0], tables[1]).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(tables[0].max() ?? 0 > 1.5 / 45)
    }

    @Test("The model's probabilities give the loss that training measures", arguments: [0, 16])
    func lossAgrees(_ scale: Float) throws {
        let sizes = SequenceModel.Configuration(
            itemCount: 45, typeCount: 4, width: 20, layers: 2,
            cosineScale: scale > 0 ? scale : nil)
        let model = try SequenceModel(configuration: sizes, tensors: self.model.tensors())
        let sequences = ringSequences(items: 45, sequences: 20, length: 17, seed: 9)
        var configuration = smallConfiguration()
        configuration.width = 20
        configuration.layers = 2
        let run = TrainingRun(
            configuration, weights: model.weights.copy(), training: sequences,
            validation: sequences)
        var total = 0.0
        for sequence in 0..<sequences.count {
            let range = sequences.range(of: sequence)
            var state = model.initialState(count: 1)
            for index in range.dropLast() {
                model.advance(
                    &state, items: [sequences.items[index]], types: [sequences.types[index]],
                    gaps: [sequences.gap(before: index, sequenceStart: range.lowerBound)])
                let gap = sequences.gap(before: index + 1, sequenceStart: range.lowerBound)
                let type = sequences.types[index + 1]
                let item = sequences.items[index + 1]
                total -= log(Double(model.gapProbabilities(state)[0, Int(gap)]))
                total -= log(
                    Double(model.typeProbabilities(state, gaps: [gap])[0, Int(type)]))
                total -= log(
                    Double(
                        model.itemProbability(
                            state, gaps: [gap], types: [type], items: [item])[0]))
            }
        }
        let mean = total / Double(SequenceTrainer.exampleCount(sequences))
        #expect(abs(run.evaluate(sequences) - mean) < 1e-5)
        let loss = try model.meanLoss(of: sequences)
        #expect(abs(loss.total - mean) < 1e-5 && loss.count == 20 * 16)
        #expect(try model.meanLoss(of: sequences, threads: 2) == loss)
        let nothing = #expect(throws: LearningError.self) {
            try model.meanLoss(of: EventSequences())
        }
        #expect(nothing?.code == .noData)
        let beyond = #expect(throws: LearningError.self) {
            try model.meanLoss(of: ringSequences(items: 46, sequences: 5, length: 60, seed: 1))
        }
        #expect(beyond?.code == .invalidData)
    }
}
