import FuturesFixtures
import Kernels
import Learning
import Shop
import Testing

@testable import Prediction
@testable import Simulation

/// A network of two items whose state depends on the last item only.
///
/// Its gates are saturated, so that the hidden state is a function of the last item. Gaps and types
/// do not depend on it. The exact probabilities are read from the network.
private func chain(towards: [[Float]], gaps: [Float]) throws -> SequenceModel {
    let width = 8
    let sizes = SequenceModel.Configuration(itemCount: 2, typeCount: 10, width: width)
    let template = try SequenceTrainer(templateConfiguration).train(
        templateSequences, validation: EventSequences(), itemCount: 2, typeCount: 10,
        embeddings: nil
    ) { _ in }.model
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in template.tensors() {
        let count = tensor.shape.reduce(1, *)
        var values = [Float](repeating: 0, count: count)
        switch name {
        case "item_embedding":
            values[0] = 3
            values[width + 1] = 3
        case "lstm.0.bias":
            // Input gate open, forget gate shut, output gate open.
            for unit in 0..<width {
                values[unit] = 40
                values[width + unit] = -40
                values[3 * width + unit] = 40
            }
        case "lstm.0.weight_input":
            // From item i towards item j, by the third quarter of the columns.
            for i in 0..<2 {
                for j in 0..<2 { values[i * 4 * width + 2 * width + j] = towards[i][j] }
            }
        case "gap_bias": for (index, value) in gaps.enumerated() { values[index] = value }
        case "type_bias":
            for type in 0..<10 { values[type] = type == Int(purchase.rawValue) ? 40 : -40 }
        default: break
        }
        tensors[name] = Tensor(shape: tensor.shape, .f32(values))
    }
    return try SequenceModel(configuration: sizes, tensors: tensors)
}

private let templateConfiguration: SequenceTrainer.Configuration = {
    var configuration = SequenceTrainer.Configuration()
    configuration.width = 8
    configuration.epochs = 1
    configuration.cosineScale = nil
    return configuration
}()

private let templateSequences: EventSequences = {
    var sequences = EventSequences()
    sequences.append(items: [0, 1], types: [0, 0], times: [0, day])
    return sequences
}()

@Suite("Closed forms")
struct ClosedFormTests {
    /// Gap biases that allow the class of 3.5 to 5.5 days only.
    private static let halfWeeks = (0..<TimeGap.count).map { Float($0 == 10 ? 40 : -40) }

    private func model(_ network: SequenceModel) -> PredictionModel {
        PredictionModel(
            catalogue: ModelCatalogue(itemIDs: ["a", "b"]), embeddings: network.itemEmbeddings,
            sequence: SequenceExpert(model: network),
            counted: CountedExperts(templateSequences, itemCount: 2),
            mixture: Mixture(even: ExpertID.allCases), configuration: TrainingConfiguration())
    }

    /// The probabilities of both items after each item.
    private func transitions(_ network: SequenceModel) -> [[Double]] {
        (0..<2).map { item in
            let state = network.replay(items: [Int32(item)], types: [purchase.rawValue], times: [0])
            return network.itemProbabilities(state, gaps: [10], types: [purchase.rawValue])
                .elements
                .map(Double.init)
        }
    }

    /// Expects at most 12 of 1,000 seeds outside the 99.9 % interval around the exact probability.
    private func expect(
        _ probability: Double, of isHit: @escaping @Sendable (ArraySlice<SimulatedEvent>) -> Bool,
        _ network: SequenceModel, days: Int64, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var history = History()
        history.append(item: 0, type: purchase, time: 1_700_000_000)
        let simulator = Simulator(model(network))
        let past = history
        let results = parallelMap(1_000, threads: 2) { seed in
            Result {
                try simulator.simulate(
                    past, from: past.lastTime ?? 0,
                    settings: SimulationSettings(
                        horizonSeconds: days * day, paths: 60, seed: UInt64(seed),
                        experts: [.sequence], threads: 1)
                ).fraction(where: isHit)
            }
        }
        let fractions = try results.map { try $0.get() }
        // The score interval of the exact probability, with half a path more on each side, because
        // fractions of paths come in steps (continuity correction).
        let spread = 3.290_527 * (probability * (1 - probability) / 60).squareRoot()
        let misses = fractions.count { abs($0 - probability) > spread + 0.5 / 60 }
        #expect(misses <= 12, "\(misses) misses", sourceLocation: sourceLocation)
        // Their mean is far more precise.
        let mean = fractions.reduce(0, +) / 1_000
        let deviation = (probability * (1 - probability) / 60_000).squareRoot()
        #expect(
            abs(mean - probability) < 4.5 * deviation, "\(mean) of \(probability)",
            sourceLocation: sourceLocation)
    }

    @Test("Two states: the state of the chain after three steps")
    func twoStates() throws {
        let network = try chain(towards: [[0.1, 0.25], [0.4, -0.1]], gaps: Self.halfWeeks)
        let p = transitions(network)
        #expect(p[0][1] > 0.52 && p[1][0] > 0.6)
        var now = [1.0, 0]
        for _ in 0..<3 {
            now = [now[0] * p[0][0] + now[1] * p[1][0], now[0] * p[0][1] + now[1] * p[1][1]]
        }
        try expect(now[1], of: { Array($0)[2].item == 1 }, network, days: 17)
    }

    @Test("An absorbing state is reached with the exact probability")
    func absorbing() throws {
        let network = try chain(towards: [[0.5, -0.2], [-1, 1]], gaps: Self.halfWeeks)
        let p = transitions(network)
        #expect(p[1][1] > 0.98)
        let never = p[0][0] * p[0][0] * p[0][0]
        try expect(
            1 - never, of: { $0.prefix(3).contains { $0.item == 1 } }, network, days: 17)
    }

    @Test("95 % intervals hold the exact probability in 93 to 97 % of 2,000 runs")
    func coverage() throws {
        let network = try chain(towards: [[0.1, 0.25], [0.4, -0.1]], gaps: Self.halfWeeks)
        let exact = transitions(network)[0][1]
        var history = History()
        history.append(item: 0, type: purchase, time: 1_700_000_000)
        let simulator = Simulator(model(network))
        let past = history
        let held = parallelMap(2_000, threads: 2) { seed in
            Result {
                let futures = try simulator.simulate(
                    past, from: past.lastTime ?? 0,
                    settings: SimulationSettings(
                        horizonSeconds: 6 * day, paths: 150, seed: 10_000 + UInt64(seed),
                        experts: [.sequence], threads: 1))
                let hits = futures.hits { $0.first?.item == 1 }
                return wilsonInterval(hits: hits, trials: futures.pathCount).contains(exact)
            }
        }
        let coverage = Double(try held.count { try $0.get() }) / 2_000
        #expect((0.93...0.97).contains(coverage), "\(coverage) for \(exact)")
    }

    @Test("Geometric numbers: events come daily until one does not")
    func geometric() throws {
        // The next day with odds of 3 to 1, else after more than two months.
        let gaps = (0..<TimeGap.count).map { Float($0 == 7 ? 1.098_612_3 : $0 == 15 ? 0 : -40) }
        let network = try chain(towards: [[0, 0], [0, 0]], gaps: gaps)
        try expect(0.75 * 0.75 * 0.75, of: { $0.count >= 3 }, network, days: 30)
        try expect(0.25, of: \.isEmpty, network, days: 30)
    }
}
