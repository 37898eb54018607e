import Foundation
import Kernels
import Testing

@testable import Prediction

@Suite("Mixture")
struct MixtureTests {
    private static let names: [ExpertID] = [.sequence, .history, .popularity]

    /// Cases in which the item was sampled from one of three experts with known weights.
    ///
    /// In some of them the first expert is unavailable, and its weight goes to the others.
    private static func simulated(
        _ count: Int, weights: [Double], silence: Double, bucket: Int, seed: UInt64
    ) -> [Mixture.Case] {
        var generator = PhiloxGenerator(seed: seed)
        return (0..<count).map { _ in
            let available = [generator.uniform() >= silence, true, true]
            let distributions = weights.map { _ -> [Double] in
                let weights = (0..<8).map { _ in -log(1 - generator.uniform()) }
                let total = weights.reduce(0, +)
                return weights.map { $0 * $0 * $0 / total }
            }.map { row in row.map { $0 / row.reduce(0, +) } }
            let own = zip(weights, available).map { $1 ? $0 : 0 }
            let expert = draw(own, &generator)
            let item = draw(distributions[expert], &generator)
            return Mixture.Case(
                gateInput: gateInput(bucket),
                probabilities: zip(distributions, available).map { $1 ? Float($0[item]) : nil })
        }
    }

    /// A gate input of a bucket, with or without gating features.
    private static func gateInput(_ bucket: Int, gatingFeatures: [Float] = []) -> Mixture.GateInput
    {
        let amounts = Mixture.historyBounds.count + 1
        let baskets = ([0] + Mixture.historyBounds)[bucket % amounts]
        let gateInput = Mixture.GateInput(
            baskets: baskets, sameBasket: bucket >= amounts, gatingFeatures: gatingFeatures[...])
        #expect(gateInput.bucket == bucket)
        return gateInput
    }

    private static func draw(_ weights: [Double], _ generator: inout PhiloxGenerator) -> Int {
        var target = generator.uniform() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            target -= weight
            if target < 0 { return index }
        }
        return weights.count - 1
    }

    @Test("Known weights are recovered", arguments: [[0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])
    func recovery(_ weights: [Double]) {
        let seed: UInt64 = 11
        let cases = Self.simulated(20_000, weights: weights, silence: 0, bucket: 2, seed: seed)
        let mixture = Mixture(names: Self.names, cases: cases)
        for (found, weight) in zip(mixture.weights[2], weights) {
            #expect(abs(found - weight) < 0.02, "\(mixture.weights[2]), seed \(seed)")
        }
    }

    @Test("An expert that is often unavailable keeps the weight it has when available")
    func silence() {
        let weights = [0.6, 0.3, 0.1]
        let seed: UInt64 = 12
        let cases = Self.simulated(40_000, weights: weights, silence: 0.7, bucket: 5, seed: seed)
        let mixture = Mixture(names: Self.names, cases: cases)
        for (found, weight) in zip(mixture.weights[5], weights) {
            #expect(abs(found - weight) < 0.03, "\(mixture.weights[5]), seed \(seed)")
        }
    }

    @Test("Each bucket has its own weights; one without cases has the common ones")
    func buckets() {
        let cases =
            Self.simulated(20_000, weights: [0.8, 0.1, 0.1], silence: 0, bucket: 1, seed: 1)
            + Self.simulated(20_000, weights: [0.1, 0.1, 0.8], silence: 0, bucket: 9, seed: 2)
        let mixture = Mixture(names: Self.names, cases: cases)
        #expect(mixture.weights.count == Mixture.bucketCount)
        #expect(mixture.weights[1][0] > 0.7)
        #expect(mixture.weights[9][2] > 0.7)
        #expect(abs(mixture.weights[4][0] - 0.45) < 0.05)
        for row in mixture.weights {
            #expect(abs(row.reduce(0, +) - 1) < 1e-9)
            #expect(row.allSatisfy { $0 > 0 })
        }
    }

    @Test("Cases with probability 0, and no cases at all, leave the weights even")
    func noCases() {
        let blind = [Mixture.Case](
            repeating: .init(gateInput: Self.gateInput(0), probabilities: [0, nil, 0]), count: 50)
        let silent = Mixture.Case(
            gateInput: Self.gateInput(3), probabilities: [nil, nil, nil])
        for cases in [blind, [], [silent]] {
            let mixture = Mixture(names: Self.names, cases: cases)
            for weight in mixture.weights.joined() { #expect(abs(weight - 1 / 3.0) < 1e-9) }
        }
    }

    @Test("Each range of history lengths has two buckets")
    func kindOfContext() {
        let amounts = [0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 40, 41, 80, 81, 161, 320, 321, 10_000]
        let buckets = [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 9, 10, 10]
        for (baskets, bucket) in zip(amounts, buckets) {
            #expect(Mixture.bucket(baskets: baskets, sameBasket: false) == bucket)
            #expect(Mixture.bucket(baskets: baskets, sameBasket: true) == bucket + 11)
        }
        #expect(Mixture.bucketCount == 22)
    }

    @Test("The weights of unavailable experts go to the others in proportion")
    func redistribution() {
        let mixture = Mixture(
            names: Self.names,
            weights: [[Double]](repeating: [0.5, 0.3, 0.2], count: Mixture.bucketCount))
        func weights(_ available: [Bool]) -> [Float] {
            mixture.weights(Self.gateInput(3), available: available)
        }
        #expect(weights([true, true, true]) == [0.5, 0.3, 0.2])
        #expect(weights([false, true, true]) == [0, 0.6, 0.4])
        #expect(weights([false, false, true]) == [0, 0, 1])
        #expect(weights([false, false, false]) == [0, 0, 0])
    }

    @Test("Gates learn from the LSTM's features which expert to trust")
    func gates() {
        // Only the features separate two kinds of customers: one repeats, one follows fashion.
        let seed: UInt64 = 13
        var cases: [Mixture.Case] = []
        var generator = PhiloxGenerator(seed: seed)
        for (sign, weights) in [(Float(1), [0.05, 0.9, 0.05]), (-1, [0.05, 0.05, 0.9])] {
            let own = Self.simulated(4000, weights: weights, silence: 0.2, bucket: 4, seed: seed)
            for var entry in own {
                let noise = (0..<3).map { _ in Float(generator.uniform() - 0.5) }
                entry.gateInput = Self.gateInput(4, gatingFeatures: [sign] + noise)
                cases.append(entry)
            }
        }
        generator.shuffle(&cases)
        let mixture = Mixture(names: Self.names, cases: cases)
        #expect(mixture.gates.map(\.count) == [5, 5, 5], "seed \(seed)")
        func weights(_ sign: Float, _ available: [Bool] = [true, true, true]) -> [Float] {
            mixture.weights(
                Self.gateInput(4, gatingFeatures: [sign, 0, 0, 0]), available: available)
        }
        #expect(weights(1)[1] > 0.8 && weights(-1)[2] > 0.8, "\(weights(1)) \(weights(-1))")
        #expect(weights(1, [true, false, true])[1] == 0)
        #expect(abs(weights(-1, [true, false, true]).reduce(0, +) - 1) < 1e-5)
        #expect(weights(1, [false, false, false]) == [0, 0, 0])
        #expect(weights(1e30, [true, true, true]).allSatisfy { $0.isFinite })
    }

    @Test("Useless gates are dropped, or cost next to nothing")
    func uselessGates() {
        var generator = PhiloxGenerator(seed: 15)
        func cases(_ count: Int, seed: UInt64) -> [Mixture.Case] {
            Self.simulated(count, weights: [0.5, 0.3, 0.2], silence: 0, bucket: 4, seed: seed)
                .map { entry in
                    let gatingFeatures = (0..<40).map { _ in Float(generator.normal()) }
                    return Mixture.Case(
                        gateInput: Self.gateInput(4, gatingFeatures: gatingFeatures),
                        probabilities: entry.probabilities)
                }
        }
        let mixture = Mixture(names: Self.names, cases: cases(3000, seed: 14))
        let plain = Mixture(names: Self.names, weights: mixture.weights)
        // The validation cases may be fooled by noise for an epoch or two. In 24 runs of this
        // experiment with other random numbers, two thirds kept no gates. The worst one moved a
        // weight by 0.15 at most and by 0.035 on average, and cost 0.005 nats an event.
        let fresh = cases(4000, seed: 16)
        var moves: [Float] = []
        var cost = 0.0
        for entry in fresh {
            let own = mixture.weights(entry.gateInput, available: [true, true, true])
            let base = plain.weights(entry.gateInput, available: [true, true, true])
            moves += zip(own, base).map { abs($0 - $1) }
            cost += log(total(base, entry)) - log(total(own, entry))
        }
        #expect(moves.max() ?? 1 < 0.2)
        #expect(moves.reduce(0, +) / Float(moves.count) < 0.05)
        #expect(cost / Double(fresh.count) < 0.01)
    }

    /// The probability that a mixture with given weights gave to the item of a case.
    private func total(_ weights: [Float], _ entry: Mixture.Case) -> Double {
        zip(weights, entry.probabilities).reduce(0) { $0 + Double($1.0 * ($1.1 ?? 0)) }
    }

    @Test("An even mixture of nothing is empty")
    func even() {
        #expect(Mixture(even: []).weights.allSatisfy { $0.isEmpty })
        let third = 1 / 3.0
        #expect(Mixture(even: Self.names).weights[0] == [third, third, third])
    }
}
