import Foundation
import Kernels
import Learning
import Shop
import Testing

@testable import Prediction

@Suite("Mixture")
struct MixtureTests {
    private static let names: [ExpertID] = [.sequence, .history, .popularity]

    /// Cases in which the item was drawn from one of three sources by known shares; the first
    /// source is silent in some, and leaves its share to the others.
    private static func simulated(
        _ count: Int, shares: [Double], silence: Double, kind: Int, seed: UInt64
    ) -> [Mixture.Case] {
        var generator = PhiloxGenerator(seed: seed)
        return (0..<count).map { _ in
            let speaking = [generator.uniform() >= silence, true, true]
            let distributions = shares.map { _ -> [Double] in
                let weights = (0..<8).map { _ in -log(1 - generator.uniform()) }
                let total = weights.reduce(0, +)
                return weights.map { $0 * $0 * $0 / total }
            }.map { row in row.map { $0 / row.reduce(0, +) } }
            let own = zip(shares, speaking).map { $1 ? $0 : 0 }
            let source = draw(own, &generator)
            let item = draw(distributions[source], &generator)
            return Mixture.Case(
                situation: situation(kind),
                probabilities: zip(distributions, speaking).map { $1 ? Float($0[item]) : nil })
        }
    }

    /// A situation of a kind, of which the LSTM sees something or nothing.
    private static func situation(_ kind: Int, outlook: [Float] = []) -> Mixture.GateInput {
        let amounts = Mixture.historyBounds.count + 1
        let moments = ([0] + Mixture.historyBounds)[kind % amounts]
        let situation = Mixture.GateInput(
            moments: moments, sameBasket: kind >= amounts, outlook: outlook[...])
        #expect(situation.kind == kind)
        return situation
    }

    private static func draw(_ weights: [Double], _ generator: inout PhiloxGenerator) -> Int {
        var target = generator.uniform() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            target -= weight
            if target < 0 { return index }
        }
        return weights.count - 1
    }

    @Test("Known shares are recovered", arguments: [[0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])
    func recovery(_ shares: [Double]) {
        let seed: UInt64 = 11
        let cases = Self.simulated(20_000, shares: shares, silence: 0, kind: 2, seed: seed)
        let mixture = Mixture(names: Self.names, cases: cases)
        for (found, share) in zip(mixture.shares[2], shares) {
            #expect(abs(found - share) < 0.02, "\(mixture.shares[2]), seed \(seed)")
        }
    }

    @Test("A source that is often silent keeps the share it has when it speaks")
    func silence() {
        let shares = [0.6, 0.3, 0.1]
        let seed: UInt64 = 12
        let cases = Self.simulated(40_000, shares: shares, silence: 0.7, kind: 5, seed: seed)
        let mixture = Mixture(names: Self.names, cases: cases)
        for (found, share) in zip(mixture.shares[5], shares) {
            #expect(abs(found - share) < 0.03, "\(mixture.shares[5]), seed \(seed)")
        }
    }

    @Test("Each kind of context has shares of its own; one without cases has everybody's")
    func kinds() {
        let cases =
            Self.simulated(20_000, shares: [0.8, 0.1, 0.1], silence: 0, kind: 1, seed: 1)
            + Self.simulated(20_000, shares: [0.1, 0.1, 0.8], silence: 0, kind: 9, seed: 2)
        let mixture = Mixture(names: Self.names, cases: cases)
        #expect(mixture.shares.count == Mixture.kindCount)
        #expect(mixture.shares[1][0] > 0.7)
        #expect(mixture.shares[9][2] > 0.7)
        #expect(abs(mixture.shares[4][0] - 0.45) < 0.05)
        for row in mixture.shares {
            #expect(abs(row.reduce(0, +) - 1) < 1e-9)
            #expect(row.allSatisfy { $0 > 0 })
        }
    }

    @Test("Cases that nobody foresaw, and no cases at all, leave the shares even")
    func noCases() {
        let blind = [Mixture.Case](
            repeating: .init(situation: Self.situation(0), probabilities: [0, nil, 0]), count: 50)
        let silent = Mixture.Case(
            situation: Self.situation(3), probabilities: [nil, nil, nil])
        for cases in [blind, [], [silent]] {
            let mixture = Mixture(names: Self.names, cases: cases)
            for share in mixture.shares.joined() { #expect(abs(share - 1 / 3.0) < 1e-9) }
        }
    }

    @Test("The kinds tell amounts of history apart, each twice")
    func kindOfContext() {
        let amounts = [0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 40, 41, 80, 81, 161, 320, 321, 10_000]
        let kinds = [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 9, 10, 10]
        for (moments, kind) in zip(amounts, kinds) {
            #expect(Mixture.kind(moments: moments, sameBasket: false) == kind)
            #expect(Mixture.kind(moments: moments, sameBasket: true) == kind + 11)
        }
        #expect(Mixture.kindCount == 22)
    }

    @Test("Silent sources leave their shares to the others in proportion")
    func redistribution() {
        let mixture = Mixture(
            names: Self.names,
            shares: [[Double]](repeating: [0.5, 0.3, 0.2], count: Mixture.kindCount))
        func shares(_ speaking: [Bool]) -> [Float] {
            mixture.shares(Self.situation(3), speaking: speaking)
        }
        #expect(shares([true, true, true]) == [0.5, 0.3, 0.2])
        #expect(shares([false, true, true]) == [0, 0.6, 0.4])
        #expect(shares([false, false, true]) == [0, 0, 1])
        #expect(shares([false, false, false]) == [0, 0, 0])
    }

    @Test("Gates learn which source to believe from what the LSTM sees")
    func gates() {
        // Two kinds of twins that only the outlook tells apart: one repeats, one follows fashion.
        let seed: UInt64 = 13
        var cases: [Mixture.Case] = []
        var generator = PhiloxGenerator(seed: seed)
        for (sign, shares) in [(Float(1), [0.05, 0.9, 0.05]), (-1, [0.05, 0.05, 0.9])] {
            let own = Self.simulated(4000, shares: shares, silence: 0.2, kind: 4, seed: seed)
            for var entry in own {
                let noise = (0..<3).map { _ in Float(generator.uniform() - 0.5) }
                entry.situation = Self.situation(4, outlook: [sign] + noise)
                cases.append(entry)
            }
        }
        generator.shuffle(&cases)
        let mixture = Mixture(names: Self.names, cases: cases)
        #expect(mixture.gates.map(\.count) == [5, 5, 5], "seed \(seed)")
        func shares(_ sign: Float, _ speaking: [Bool] = [true, true, true]) -> [Float] {
            mixture.shares(
                Self.situation(4, outlook: [sign, 0, 0, 0]), speaking: speaking)
        }
        #expect(shares(1)[1] > 0.8 && shares(-1)[2] > 0.8, "\(shares(1)) \(shares(-1))")
        #expect(shares(1, [true, false, true])[1] == 0)
        #expect(abs(shares(-1, [true, false, true]).reduce(0, +) - 1) < 1e-5)
        #expect(shares(1, [false, false, false]) == [0, 0, 0])
        #expect(shares(1e30, [true, true, true]).allSatisfy { $0.isFinite })
    }

    @Test("Gates that tell nothing are not kept, or cost next to nothing")
    func uselessGates() {
        var generator = PhiloxGenerator(seed: 15)
        func cases(_ count: Int, seed: UInt64) -> [Mixture.Case] {
            Self.simulated(count, shares: [0.5, 0.3, 0.2], silence: 0, kind: 4, seed: seed)
                .map { entry in
                    let outlook = (0..<40).map { _ in Float(generator.normal()) }
                    return Mixture.Case(
                        situation: Self.situation(4, outlook: outlook),
                        probabilities: entry.probabilities)
                }
        }
        let mixture = Mixture(names: Self.names, cases: cases(3000, seed: 14))
        let plain = Mixture(names: Self.names, shares: mixture.shares)
        // The validation cases may be fooled by noise for an epoch or two. In 24 runs of this
        // experiment with other random numbers, two thirds kept no gates. The worst one moved a
        // share by 0.15 at most and by 0.035 on average, and cost 0.005 nats an event.
        let fresh = cases(4000, seed: 16)
        var moves: [Float] = []
        var cost = 0.0
        for entry in fresh {
            let own = mixture.shares(entry.situation, speaking: [true, true, true])
            let base = plain.shares(entry.situation, speaking: [true, true, true])
            moves += zip(own, base).map { abs($0 - $1) }
            cost += log(total(base, entry)) - log(total(own, entry))
        }
        #expect(moves.max() ?? 1 < 0.2)
        #expect(moves.reduce(0, +) / Float(moves.count) < 0.05)
        #expect(cost / Double(fresh.count) < 0.01)
    }

    /// What a mixture of given shares gave to the item of a case.
    private func total(_ shares: [Float], _ entry: Mixture.Case) -> Double {
        zip(shares, entry.probabilities).reduce(0) { $0 + Double($1.0 * ($1.1 ?? 0)) }
    }

    @Test("An even mixture of nothing is empty")
    func even() {
        #expect(Mixture(even: []).shares.allSatisfy { $0.isEmpty })
        let third = 1 / 3.0
        #expect(Mixture(even: Self.names).shares[0] == [third, third, third])
    }
}

@Suite("Prediction")
struct PredictionTests {
    @Test("Several contexts at once give what each gives alone")
    func batches() throws {
        let model = try World.model()
        let contexts = try World.contexts()
        let together = model.predictions(for: contexts)
        #expect(together.count == contexts.count)
        for (context, batch) in zip(contexts, together) {
            let single = model.prediction(for: context)
            #expect(single.probabilities == batch.probabilities)
            #expect(single.shares == batch.shares)
        }
        #expect(model.predictions(for: []).isEmpty)
    }

    @Test("Probabilities sum to 1, and an item's parts to its probability")
    func sums() throws {
        let model = try World.model()
        for context in try World.contexts() {
            let prediction = model.prediction(for: context)
            #expect(prediction.probabilities.count == model.catalogue.count)
            #expect(abs(prediction.probabilities.reduce(0, +) - 1) < 1e-4)
            #expect(abs(prediction.shares.reduce(0, +) - 1) < 1e-5)
            for item in stride(from: Int32(0), to: Int32(model.catalogue.count), by: 11) {
                let parts = prediction.parts(of: item)
                let sum = parts.reduce(0) { $0 + $1.probability }
                #expect(abs(sum - prediction.probabilities[Int(item)]) < 1e-6)
                #expect(parts.map(\.probability) == parts.map(\.probability).sorted(by: >))
            }
        }
    }

    @Test("Items that the twin has never seen are possible")
    func newItems() throws {
        let model = try World.model()
        for context in try World.contexts() {
            let seen = Set(context.history.items)
            let probabilities = model.prediction(for: context).probabilities
            let mass = probabilities.indices.filter { !seen.contains(Int32($0)) }
                .reduce(Float(0)) { $0 + probabilities[$1] }
            if seen.count < model.catalogue.count { #expect(mass > 0.001) }
            #expect(probabilities.allSatisfy { $0 > 0 }, "no item is impossible")
        }
    }

    @Test("Only the evidence that is wanted speaks", arguments: ExpertID.allCases)
    func wanted(_ name: ExpertID) throws {
        let model = try World.model()
        for context in try World.contexts() {
            let prediction = model.prediction(for: context, using: [name])
            let spoke = zip(prediction.names, prediction.shares).filter { $1 > 0 }.map(\.0)
            let source = try #require(model.sources.first { $0.name == name })
            guard !source.prediction(for: context).isEmpty else {
                #expect(spoke.isEmpty)
                #expect(prediction.probabilities.allSatisfy { $0 == 0 })
                continue
            }
            #expect(spoke == [name])
            #expect(abs(prediction.probabilities.reduce(0, +) - 1) < 1e-4)
        }
    }

    @Test("Sources are in the order of their names")
    func order() throws {
        #expect(try World.model().sources.map(\.name) == ExpertID.allCases)
        #expect(try World.model().mixture.names == ExpertID.allCases)
    }

    @Test("The next visit is later, and of a type that was asked for")
    func nextQuery() throws {
        let model = try World.model()
        for context in try World.contexts() {
            let last = context.history.lastTime ?? 0
            let next = model.nextQuery(after: context.history)
            #expect(next.time > last)
            #expect(!next.sameBasket)
            #expect(model.eventTypes.contains(next.type))
            let asked = model.nextQuery(after: context.history, types: [.cartAdd, .purchase])
            #expect([.cartAdd, .purchase].contains(asked.type))
            let any = model.nextQuery(after: context.history, laterOnly: false)
            #expect(any.sameBasket == (any.time == last))
            #expect(model.nextQuery(after: context.history, types: []).time > last)
        }
    }

    @Test("The next visit comes at one of its likeliest times, the likeliest first")
    func nextQueries() throws {
        let model = try World.model()
        for context in try World.contexts() {
            let history = context.history
            let last = history.lastTime ?? 0
            let visits = model.nextQueries(after: history, types: [.cartAdd, .purchase])
            #expect(abs(visits.reduce(0) { $0 + $1.share } - 1) < 1e-5)
            #expect(zip(visits, visits.dropFirst()).allSatisfy { $0.share >= $1.share })
            #expect(Set(visits.map(\.context.time)).count == visits.count)
            for visit in visits {
                #expect(visit.context.time > last && !visit.context.sameBasket)
                #expect([.cartAdd, .purchase].contains(visit.context.type))
                #expect(visit.context.history.count == history.count)
            }
            let next = model.nextQuery(after: history, types: [.cartAdd, .purchase])
            #expect(visits[0].context.time == next.time && visits[0].context.type == next.type)
            guard let state = model.sequence.state(after: history) else {
                #expect(visits.count == 1)
                continue
            }
            var gaps = model.sequence.model.gapProbabilities(state).elements
            gaps[0] = 0
            let held = visits.reduce(Float(0)) {
                $0 + gaps[TimeGap.index(seconds: $1.context.time - last)]
            }
            let total = gaps.reduce(0, +)
            #expect(held >= 0.899 * total)
            // Without the least likely of them it would be too little.
            let least = gaps[
                TimeGap.index(seconds: visits[visits.count - 1].context.time - last)]
            #expect(held - least < 0.901 * total)
        }
    }

    @Test("The LSTM reads the newest events alone, and says nothing of nobody")
    func replayLimit() throws {
        let model = try World.model()
        let long = history((0..<400).map { [Int32($0 % 60)] })
        let short = long.suffix(events: SequenceExpert.replayLimit)
        let a = model.sequence.prediction(for: context(long))
        let b = model.sequence.prediction(for: context(short))
        for item in Int32(0)..<60 { #expect(a.probability(of: item) == b.probability(of: item)) }
        #expect(model.sequence.prediction(for: context(History())).isEmpty)
        #expect(model.sequence.state(after: History()) == nil)
    }

    @Test("Extreme times are answered")
    func extremeTimes() throws {
        let model = try World.model()
        let end = Int64.max / 1000
        for time in [-end, 0, end] {
            var past = History()
            past.append(item: 0, type: .return, time: time)
            for asked in [-end, 0, end] {
                let context = PredictionQuery(
                    history: past, time: asked, type: .return, sameBasket: false)
                let prediction = model.prediction(for: context)
                #expect(abs(prediction.probabilities.reduce(0, +) - 1) < 1e-4)
            }
            _ = model.nextQuery(after: past)
        }
    }

    @Test("The greatest values are those a sort would give")
    func topIndicesSorts() {
        for seed in UInt64(0)..<60 {
            var generator = PhiloxGenerator(seed: seed)
            let count = generator.integer(below: 40)
            // Few distinct values make ties.
            let values = (0..<count).map { _ in Float(generator.integer(below: 7)) }
            let sorted = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
            for length in [-1, 0, 1, 2, count, count + 3] {
                let expected = sorted.prefix(max(0, length)).map { Int32($0) }
                #expect(topIndices(values, length) == Array(expected), "seed \(seed)")
            }
        }
    }

    @Test("The top of a prediction is sorted by probability")
    func top() throws {
        let model = try World.model()
        let prediction = model.prediction(for: try World.contexts()[9])
        let top = prediction.top(10)
        #expect(top.count == 10)
        let best = prediction.probabilities.sorted(by: >).prefix(10)
        #expect(top.map { prediction.probabilities[Int($0)] } == Array(best))
        #expect(prediction.top(10_000).count == model.catalogue.count)
    }
}
