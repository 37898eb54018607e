import FuturesFixtures
import Kernels
import Testing

@testable import Learning
@testable import Prediction
@testable import Simulation

@Suite("Items of the LSTM")
struct NeuralItemSamplerTests {
    private func network(_ items: Int) -> SequenceModel {
        SequenceModel(
            SequenceWeights.random(.init(itemCount: items, typeCount: 10, width: 16), seed: 3))
    }

    /// Sequences after the same event, with different times of the next event.
    private func query(_ network: SequenceModel, count: Int, item: Int32 = 7) -> ItemQuery {
        var state = network.initialState(count: 1)
        network.advance(
            &state, items: [item], types: [0], gaps: [TimeGap.beginning], weekParts: [3])
        return network.itemQuery(
            network.state(repeating: state, count: count),
            gaps: (0..<count).map { UInt8($0 % 5) }, weekParts: (0..<count).map { UInt8($0 % 9) },
            types: [UInt8](repeating: 0, count: count))
    }

    private func numbers(_ count: Int) -> [Double] {
        var generator = PhiloxGenerator(seed: 5)
        return (0..<count).map { _ in generator.uniform() }
    }

    @Test(
        "A small catalogue is sampled exactly, and a large one for few paths",
        arguments: [(300, 64), (6000, 16)])
    func exact(_ items: Int, _ paths: Int) {
        let network = network(items)
        let query = query(network, count: paths)
        var sampler = NeuralItemSampler(network)
        for _ in 0..<3 {
            let items = sampler.sample(query, offsets: numbers(paths), at: numbers(2 * paths))
            #expect(items == network.drawItems(query, at: numbers(2 * paths)))
        }
        #expect(NeuralItemSampler.ApproximationError.mean([sampler.error]) == nil)
    }

    @Test("Few paths are sampled exactly after many, and so are comparisons path by path")
    func fewAfterMany() {
        let network = network(6000)
        var sampler = NeuralItemSampler(network)
        _ = sampler.sample(query(network, count: 64), offsets: numbers(64), at: numbers(64))
        let few = query(network, count: 9)
        #expect(
            sampler.sample(few, offsets: numbers(9), at: numbers(9))
                == network.drawItems(few, at: numbers(9)))
        #expect(sampler.error.sampleCount == 73)
        let many = query(network, count: 64)
        var exact = NeuralItemSampler(network, isExact: true)
        #expect(
            exact.sample(many, offsets: numbers(64), at: numbers(64))
                == network.drawItems(many, at: numbers(64)))
        #expect(NeuralItemSampler.ApproximationError.mean([exact.error]) == nil)
    }

    @Test("Items of a large catalogue come from proposals, whose error is measured")
    func large() {
        let network = network(6000)
        let query = query(network, count: 64)
        var sampler = NeuralItemSampler(network)
        for _ in 0..<20 {
            let items = sampler.sample(query, offsets: numbers(64), at: numbers(64))
            #expect(items.allSatisfy { (0..<6000).contains($0) })
        }
        #expect(sampler.error.sampleCount == 20 * 64)
        let error = NeuralItemSampler.ApproximationError.mean([sampler.error])
        #expect(error.map { (1e-6..<0.01).contains($0) } == true, "\(String(describing: error))")
        // Exact samples of another block count too.
        var exact = NeuralItemSampler(network, isExact: true)
        _ = exact.sample(query, offsets: numbers(64), at: numbers(64))
        let both = NeuralItemSampler.ApproximationError.mean([sampler.error, exact.error])
        #expect(both.map { $0 < (error ?? 0) } == true)
    }

    @Test("Proposals that were made for other paths have a larger error")
    func moved() {
        let network = network(6000)
        var sampler = NeuralItemSampler(network)
        _ = sampler.sample(query(network, count: 64), offsets: numbers(64), at: numbers(64))
        // The same, then paths with quite different items.
        _ = sampler.sample(query(network, count: 64), offsets: numbers(64), at: numbers(64))
        let far = ItemQuery(
            rows: FloatStorage((0..<64 * 16).map { Float($0 % 7) * 3 }).view(rows: 64, columns: 16))
        let before = sampler.error
        #expect(before.distanceSum / Double(before.sampleCount) < 0.01)
        _ = sampler.sample(far, offsets: numbers(64), at: numbers(64))
        let after = sampler.error
        #expect(
            after.distanceSum / Double(after.sampleCount) > 3 * before.distanceSum
                / Double(before.sampleCount))
    }
}

@Suite("Simulation from a large catalogue")
struct LargeCatalogueTests {
    private static let items = 5000

    /// A model of a random network and little else.
    private static let model = Result { () throws -> PredictionModel in
        let network = SequenceModel(
            SequenceWeights.random(.init(itemCount: items, typeCount: 10, width: 16), seed: 3))
        var sequences = EventSequences()
        sequences.append(items: [0, 1, 2], types: [0, 0, 5], times: [0, day, 2 * day])
        return PredictionModel(
            catalogue: ModelCatalogue(itemIDs: (0..<items).map { "item-\($0)" }),
            embeddings: network.itemEmbeddings, sequence: SequenceExpert(model: network),
            counted: CountedExperts(sequences, itemCount: items),
            mixture: Mixture(even: ExpertID.allCases),
            configuration: TrainingConfiguration())
    }

    private func futures(
        exact: Bool = false, threads: Int = 2, paths: Int = 600
    ) throws -> Futures {
        var history = History()
        for index in 0..<6 {
            history.append(item: Int32(index * 700), type: purchase, time: Int64(index) * day)
        }
        var settings = SimulationSettings(
            horizonSeconds: SimulationSettings.horizonLimit, paths: paths, steps: 6,
            experts: [.sequence], threads: threads)
        settings.samplesItemsExactly = exact
        return try Simulator(try Self.model.get()).simulate(
            history, from: 6 * day, settings: settings)
    }

    @Test("Several blocks give the same result at any number of threads, with their error")
    func threads() throws {
        let one = try futures(threads: 1)
        expectEqual(try futures(threads: 2), one)
        expectEqual(try futures(threads: 7), one)
        #expect(one.pathCount == 600 && one.events.count > 2000)
        #expect(one.itemHeadError.map { (1e-6..<0.02).contains($0) } == true)
        #expect(try futures(threads: 7).itemHeadError == one.itemHeadError)
    }

    @Test("Items are as frequent as with exact sampling")
    func frequencies() throws {
        let proposed = try futures(paths: 3000)
        let exact = try futures(exact: true, paths: 3000)
        #expect(exact.itemHeadError == nil)
        // Sums over a fiftieth of the catalogue each.
        func counts(_ futures: Futures) -> [Double] {
            var counts = [Double](repeating: 0, count: 50)
            for event in futures.events { counts[Int(event.item) % 50] += 1 }
            return counts
        }
        let total = (proposed: Double(proposed.events.count), exact: Double(exact.events.count))
        #expect(abs(total.proposed / total.exact - 1) < 0.02)
        for (found, expected) in zip(counts(proposed), counts(exact)) {
            let bound = 4.5 * (2 * expected).squareRoot() + 0.02 * expected
            #expect(abs(found - expected) < bound, "\(found) of \(expected)")
        }
    }
}
