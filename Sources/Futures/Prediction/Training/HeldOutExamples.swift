import Foundation
import Kernels
import Learning

/// Examples from held-out sequences, from which mixture and reranker are learned.
struct HeldOutExamples {
    /// The greatest number of sequences.
    static let sequenceLimit = 10_000
    /// The greatest number of baskets of a sequence; more if there are few sequences.
    private static let basketLimit = 10
    /// No sequences are added beyond this number of examples.
    private static let exampleLimit = 20_000
    /// The approximate greatest number of examples that bits are the mean of.
    private static let bitsLimit = 5_000
    /// The greatest number of target items of an example.
    private static let targetLimit = 12
    /// The number of examples between two reports of progress.
    private static let reportInterval = 512

    private struct Example: Sendable {
        var query: PredictionQuery
        var targets: [Int32]
    }

    private let examples: [Example]

    /// Picks baskets at random.
    ///
    /// A basket of several events also gives an example with its second half as targets.
    init(_ sequences: EventSequences, seed: UInt64) {
        var examples: [Example] = []
        let basketLimit = max(
            Self.basketLimit, Self.exampleLimit / 4 / max(1, sequences.count))
        for sequence in 0..<min(sequences.count, Self.sequenceLimit)
        where examples.count < Self.exampleLimit {
            let history = History(sequences, sequence: sequence)
            var generator = PhiloxGenerator(seed: seed, stream: 0x1E55_0000 + UInt64(sequence))
            var baskets = Array(1..<max(1, history.basketCount))
            generator.shuffle(&baskets)
            for basket in baskets.prefix(basketLimit) {
                examples += Self.examples(history, basket: basket)
            }
        }
        self.examples = examples
    }

    /// The same examples with the LSTM's states, so that histories are replayed only once.
    func replayed(
        by sequence: SequenceExpert, threads: Int, stage: TrainingStage
    ) -> HeldOutExamples {
        HeldOutExamples(
            examples: mapped(stage, blockSize: 1, threads: threads) { block in
                block.map { example in
                    var example = example
                    example.query.state = sequence.state(after: example.query.history)
                    return example
                }
            })
    }

    /// The same examples with the item indices of another catalogue.
    ///
    /// Events with items that it lacks are dropped. Targets that it lacks become −1.
    func reindexed(from own: ModelCatalogue, to other: ModelCatalogue) -> HeldOutExamples {
        let indices = own.itemIDs.map { other.index(of: $0) }
        return HeldOutExamples(
            examples: examples.map { example in
                let known = example.query.history
                var history = History()
                for (event, item) in known.items.enumerated() {
                    guard let index = indices[Int(item)] else { continue }
                    history.append(
                        item: index, type: known.types[event], time: known.times[event])
                }
                var query = example.query
                query.history = history
                query.state = nil
                return Example(
                    query: query, targets: example.targets.map { indices[Int($0)] ?? -1 })
            })
    }

    private init(examples: [Example]) { self.examples = examples }

    /// The queries of the examples.
    var queries: [PredictionQuery] { examples.map(\.query) }

    /// The probabilities that a model's experts gave to the items that came next.
    func cases(
        _ model: PredictionModel, threads: Int, stage: TrainingStage = .silent
    ) -> [Mixture.Case] {
        mapOutputs(model, threads: threads, stage: stage) { Self.cases($0, $1) }.flatMap { $0 }
    }

    /// The most likely items by a model's mixture, and which of them came next.
    func rerankerExamples(
        _ model: PredictionModel, threads: Int, stage: TrainingStage
    ) -> [RerankerTraining.Example] {
        let itemCount = model.catalogue.count
        return mapOutputs(model, threads: threads, stage: stage) { example, outputs in
            let mixed = ItemDistribution(outputs, model.mixture, .none, itemCount: itemCount)
            let list = RerankerList(mixed.probabilities, outputs)
            return RerankerTraining.Example(
                list: list,
                targets: example.targets.map { target in
                    list.items.firstIndex(of: target) ?? list.items.count
                })
        }
    }

    /// The mean of log2 of the probability that a model gives to the items that came next.
    func bits(
        _ model: PredictionModel, threads: Int, stage: TrainingStage = .silent
    ) -> Double {
        let itemCount = model.catalogue.count
        let step = max(1, examples.count / Self.bitsLimit)
        let sample = HeldOutExamples(
            examples: stride(from: 0, to: examples.count, by: step).map { examples[$0] })
        let sums = sample.mapOutputs(model, threads: threads, stage: stage) { example, outputs in
            let prediction = ItemDistribution(
                outputs, model.mixture, model.reranker, itemCount: itemCount)
            return example.targets.reduce(0.0) { sum, target in
                let index = Int(target)
                let known = prediction.probabilities.indices.contains(index)
                return sum + Self.bits(known ? Double(prediction.probabilities[index]) : 0)
            }
        }
        let count = sample.examples.reduce(0) { $0 + $1.targets.count }
        return sums.reduce(0, +) / Double(max(1, count))
    }

    /// log2 of a probability, which is at least 10⁻⁹.
    static func bits(_ probability: Double) -> Double { log2(max(1e-9, probability)) }

    /// Maps each example and a model's expert outputs for it.
    private func mapOutputs<Value: Sendable>(
        _ model: PredictionModel, threads: Int, stage: TrainingStage,
        _ value: @Sendable (Example, ExpertOutputs) -> Value
    ) -> [Value] {
        mapped(stage, blockSize: 32, threads: threads) { block in
            zip(block, model.expertOutputs(for: block.map(\.query))).map { value($0, $1) }
        }
    }

    /// Maps blocks of examples on several threads, with reports of progress.
    private func mapped<Value: Sendable>(
        _ stage: TrainingStage, blockSize: Int, threads: Int,
        _ values: @Sendable (ArraySlice<Example>) -> [Value]
    ) -> [Value] {
        let examples = examples
        let blocks = (examples.count + blockSize - 1) / blockSize
        let blocksAtOnce = max(threads, Self.reportInterval / blockSize)
        var found: [Value] = []
        found.reserveCapacity(examples.count)
        for first in stride(from: 0, to: blocks, by: blocksAtOnce) {
            let count = min(blocksAtOnce, blocks - first)
            let block = parallelMap(count, threads: threads) { index in
                let start = (first + index) * blockSize
                return values(examples[start..<min(examples.count, start + blockSize)])
            }
            for block in block { found += block }
            stage.report(done: found.count, of: examples.count)
        }
        return found
    }

    private static func examples(_ history: History, basket: Int) -> [Example] {
        let events = history.basket(basket)
        let first = events.lowerBound
        let before = history.prefix(baskets: basket)
        var examples = [
            Example(
                query: PredictionQuery(
                    history: before, time: history.times[first], type: history.types[first],
                    sameBasket: false),
                targets: distinct(history.items[events]))
        ]
        let middle = first + events.count / 2
        if events.count > 1 {
            var within = before
            for event in first..<middle {
                within.append(
                    item: history.items[event], type: history.types[event],
                    time: history.times[event])
            }
            let known = Set(history.items[first..<middle])
            let targets = distinct(history.items[middle..<events.upperBound])
                .filter { !known.contains($0) }
            examples.append(
                Example(
                    query: PredictionQuery(
                        history: within, time: history.times[first], type: history.types[middle],
                        sameBasket: true),
                    targets: targets))
        }
        return examples
    }

    private static func distinct(_ items: ArraySlice<Int32>) -> [Int32] {
        var seen: Set<Int32> = []
        return Array(items.filter { seen.insert($0).inserted }.prefix(targetLimit))
    }

    private static func cases(_ example: Example, _ outputs: ExpertOutputs) -> [Mixture.Case] {
        example.targets.map { target in
            Mixture.Case(
                gateInput: outputs.gateInput,
                probabilities: outputs.predictions.map {
                    $0.isEmpty ? nil : $0.probability(of: target)
                })
        }
    }
}
