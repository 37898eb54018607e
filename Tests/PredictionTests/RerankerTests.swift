import Foundation
import Kernels
import Learning
import Testing

@testable import Prediction

@Suite("Reranker")
struct RerankerTests {
    /// A list of items of which only the first feature has information.
    private static func example(
        _ generator: inout PhiloxGenerator, items: Int = 12
    ) -> RerankerTraining.Example {
        var probabilities = [Float](repeating: 0, count: items)
        for item in probabilities.indices { probabilities[item] = Float(generator.uniform()) + 0.1 }
        let total = probabilities.reduce(0, +) * 1.1
        probabilities = probabilities.map { $0 / total }
        let signals = (0..<items).map { _ in Float(generator.uniform()) }
        let predictions: [ExpertPrediction] =
            [.dense(signals.map { exp(-5 * $0) })]
            + [ExpertPrediction](repeating: .none, count: ExpertID.allCases.count - 1)
        let outputs = outputs(predictions)
        let list = RerankerList(probabilities, outputs)
        // The item that comes next is the least likely one of the first expert.
        let target = signals.indices.max { signals[$0] < signals[$1] } ?? 0
        return .init(list: list, targets: [list.items.firstIndex(of: Int32(target)) ?? items])
    }

    private static func outputs(_ predictions: [ExpertPrediction], _ history: History = History())
        -> ExpertOutputs
    {
        let query = query(history)
        return ExpertOutputs(
            query: query, gateInput: .init(query, gatingFeatures: []), predictions: predictions)
    }

    @Test("A signal that a mixture cannot express is found")
    func learns() {
        var generator = PhiloxGenerator(seed: 3)
        let examples = (0..<3000).map { _ in Self.example(&generator) }
        let reranker = RerankerTraining(examples).reranker()
        #expect(!reranker.isEmpty)
        var hits = 0
        for _ in 0..<200 {
            let asked = Self.example(&generator)
            let scores = zip(asked.list.logs, reranker.corrections(asked.list.features))
                .map { $0 + $1 }
            if scores.indices.max(by: { scores[$0] < scores[$1] }) == asked.targets[0] { hits += 1 }
        }
        #expect(hits > 120, "\(hits) of 200")
    }

    @Test("Where there is nothing to learn, or too little, nothing is corrected")
    func learnsNothing() {
        var generator = PhiloxGenerator(seed: 4)
        let few = (0..<100).map { _ in Self.example(&generator) }
        #expect(RerankerTraining(few).reranker() == .none)
        #expect(RerankerTraining([]).reranker() == .none)
        let unheard = (0..<1000).map { _ in
            var example = Self.example(&generator)
            example.targets = []
            return example
        }
        #expect(RerankerTraining(unheard).reranker() == .none)
    }

    @Test("The same examples give the same reranker")
    func determinism() {
        func reranker() -> Reranker {
            var generator = PhiloxGenerator(seed: 5)
            return RerankerTraining((0..<800).map { _ in Self.example(&generator) }).reranker()
        }
        #expect(reranker() == reranker())
    }

    /// A reranker whose correction is a number times the rank's logarithm.
    private static func byRank(_ weight: Float) -> Reranker {
        var weights = Matrix(rows: RerankerList.featureCount, columns: 1)
        weights[ExpertID.allCases.count + 1, 0] = weight
        return Reranker(layers: [.init(weights: weights, bias: [0])])
    }

    /// A model with another reranker.
    private static func model(_ trained: PredictionModel, _ reranker: Reranker) -> PredictionModel {
        PredictionModel(
            catalogue: trained.catalogue, embeddings: trained.embeddings,
            sequence: trained.sequence,
            counted: CountedExperts(
                history: trained.history, transitions: trained.transitions,
                neighbours: trained.neighbours, popularity: trained.popularity),
            mixture: trained.mixture, reranker: reranker, configuration: trained.configuration)
    }

    @Test("Probabilities still sum to 1, factors lead from the old ones to the new")
    func sums() {
        let count = 400
        var generator = PhiloxGenerator(seed: 6)
        var before = (0..<count).map { _ in Float(generator.uniform()) }
        let total = before.reduce(0, +)
        before = before.map { $0 / total }
        let none = [ExpertPrediction](repeating: .none, count: ExpertID.allCases.count)
        for weight in [Float(0), 0.5, -2, 100, -100] {
            var after = before
            let (factors, rest) = Self.byRank(weight).correct(&after, Self.outputs(none))
            #expect(factors.count == Reranker.listLength)
            #expect(abs(after.reduce(0, +) - 1) < 1e-4)
            for item in 0..<count {
                let factor = factors[Int32(item)] ?? rest
                #expect(abs(after[item] - before[item] * factor) < 1e-5)
            }
            if weight == 0 { #expect(zip(before, after).allSatisfy { abs($0 - $1) < 1e-6 }) }
        }
        var unchanged = before
        _ = Reranker.none.correct(&unchanged, Self.outputs(none))
        #expect(unchanged == before)
        var nothing = [Float](repeating: 0, count: 5)
        _ = Self.byRank(1).correct(&nothing, Self.outputs(none))
        #expect(nothing == [0, 0, 0, 0, 0])
    }

    @Test("The parts of a corrected probability sum to it")
    func parts() throws {
        let trained = try World.model()
        let model = Self.model(trained, Self.byRank(-0.7))
        for query in try World.queries().prefix(40) {
            let plain = trained.prediction(for: query)
            let corrected = model.prediction(for: query)
            #expect(abs(corrected.probabilities.reduce(0, +) - 1) < 1e-4)
            for item in topIndices(corrected.probabilities, 5) + [0] {
                let sum = corrected.parts(of: item).reduce(Float(0)) { $0 + $1.probability }
                #expect(abs(sum - corrected.probabilities[Int(item)]) < 1e-5)
            }
            // The correction takes from the end of the list, so the best stay the best.
            #expect(
                topIndices(corrected.probabilities, 1) == topIndices(plain.probabilities, 1))
        }
    }

    @Test("Mixtures of some experts are not corrected")
    func partsAlone() throws {
        let trained = try World.model()
        let query = try World.queries()[3]
        let model = Self.model(trained, Self.byRank(-5))
        let wanted: Set<ExpertID> = [.sequence, .popularity]
        #expect(
            model.prediction(for: query, using: wanted).probabilities
                == trained.prediction(for: query, using: wanted).probabilities)
    }

    @Test("Features include the number and recency of contacts")
    func features() {
        let predictions: [ExpertPrediction] =
            [.sparse([(item: 1, probability: 0.5)])]
            + [ExpertPrediction](repeating: .none, count: ExpertID.allCases.count - 1)
        let past = history([[1, 1], [2], [1], [3]])
        let list = RerankerList([0.1, 0.4, 0.3, 0.2, 0], Self.outputs(predictions, past))
        #expect(list.items == [1, 2, 3, 0])
        let first = ExpertID.allCases.count
        let row = { (index: Int) in Array(list.features.row(index)) }
        #expect(row(0)[0] == log(Float(0.5)) && row(1)[0] == log(Float(1e-6)))
        #expect(row(0)[first] == log(Float(0.4)) && row(2)[first + 1] == log(Float(3)))
        #expect(row(0)[first + 5] == log(Float(3)) && row(0)[first + 6] == log(Float(2)))
        #expect(row(2)[first + 4] == 1 && row(0)[first + 4] == 0 && row(3)[first + 4] == 0)
        #expect(row(3)[first + 5] == 0 && row(3)[first + 6] == 0)
        let isFinite = list.features.elements.allSatisfy { $0.isFinite }
        #expect(isFinite)
    }
}
