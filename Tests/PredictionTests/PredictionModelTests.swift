import Kernels
import Learning
import Shop
import Testing

@testable import Prediction

@Suite("Prediction model")
struct PredictionModelTests {
    @Test("Several queries at once give the same as each alone")
    func batches() throws {
        let model = try World.model()
        let queries = try World.queries()
        let together = model.predictions(for: queries)
        #expect(together.count == queries.count)
        for (query, batch) in zip(queries, together) {
            let single = model.prediction(for: query)
            #expect(single.probabilities == batch.probabilities)
            #expect(single.weights == batch.weights)
        }
        #expect(model.predictions(for: []).isEmpty)
    }

    @Test("Probabilities sum to 1, and an item's parts to its probability")
    func sums() throws {
        let model = try World.model()
        for query in try World.queries() {
            let prediction = model.prediction(for: query)
            #expect(prediction.probabilities.count == model.catalogue.count)
            #expect(abs(prediction.probabilities.reduce(0, +) - 1) < 1e-4)
            #expect(abs(prediction.weights.reduce(0, +) - 1) < 1e-5)
            for item in stride(from: Int32(0), to: Int32(model.catalogue.count), by: 11) {
                let parts = prediction.parts(of: item)
                let sum = parts.reduce(0) { $0 + $1.probability }
                #expect(abs(sum - prediction.probabilities[Int(item)]) < 1e-6)
                #expect(parts.map(\.probability) == parts.map(\.probability).sorted(by: >))
            }
        }
    }

    @Test("Items without contact are possible")
    func newItems() throws {
        let model = try World.model()
        for query in try World.queries() {
            let seen = Set(query.history.items)
            let probabilities = model.prediction(for: query).probabilities
            let mass = probabilities.indices.filter { !seen.contains(Int32($0)) }
                .reduce(Float(0)) { $0 + probabilities[$1] }
            if seen.count < model.catalogue.count { #expect(mass > 0.001) }
            #expect(probabilities.allSatisfy { $0 > 0 }, "no item is impossible")
        }
    }

    @Test("Only the wanted experts are used", arguments: ExpertID.allCases)
    func wanted(_ name: ExpertID) throws {
        let model = try World.model()
        for query in try World.queries() {
            let prediction = model.prediction(for: query, using: [name])
            let used = zip(prediction.names, prediction.weights).filter { $1 > 0 }.map(\.0)
            let expert = try #require(model.experts.first { $0.name == name })
            guard !expert.prediction(for: query).isEmpty else {
                #expect(used.isEmpty)
                #expect(prediction.probabilities.allSatisfy { $0 == 0 })
                continue
            }
            #expect(used == [name])
            #expect(abs(prediction.probabilities.reduce(0, +) - 1) < 1e-4)
        }
    }

    @Test("Experts are in the order of their names")
    func order() throws {
        #expect(try World.model().experts.map(\.name) == ExpertID.allCases)
        #expect(try World.model().mixture.names == ExpertID.allCases)
    }

    @Test("The next query is later, and of an allowed type")
    func nextQuery() throws {
        let model = try World.model()
        for query in try World.queries() {
            let last = query.history.lastTime ?? 0
            let next = model.nextQuery(after: query.history)
            #expect(next.time > last)
            #expect(!next.sameBasket)
            #expect(model.eventTypes.contains(next.type))
            let asked = model.nextQuery(after: query.history, types: [.cartAdd, .purchase])
            #expect([.cartAdd, .purchase].contains(asked.type))
            #expect(model.nextQuery(after: query.history, types: []).time > last)
        }
    }

    @Test("The next queries have the most likely times, the most likely first")
    func nextQueries() throws {
        let model = try World.model()
        for query in try World.queries() {
            let history = query.history
            let last = history.lastTime ?? 0
            let visits = model.nextQueries(after: history, types: [.cartAdd, .purchase])
            #expect(abs(visits.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
            #expect(zip(visits, visits.dropFirst()).allSatisfy { $0.probability >= $1.probability })
            #expect(Set(visits.map(\.query.time)).count == visits.count)
            for visit in visits {
                #expect(visit.query.time > last && !visit.query.sameBasket)
                #expect([.cartAdd, .purchase].contains(visit.query.type))
                #expect(visit.query.history.count == history.count)
            }
            let next = model.nextQuery(after: history, types: [.cartAdd, .purchase])
            #expect(visits[0].query.time == next.time && visits[0].query.type == next.type)
            guard let state = model.sequence.state(after: history) else {
                #expect(visits.count == 1)
                continue
            }
            var gaps = model.sequence.model.gapProbabilities(state).elements
            gaps[0] = 0
            let held = visits.reduce(Float(0)) {
                $0 + gaps[TimeGap.index(seconds: $1.query.time - last)]
            }
            let total = gaps.reduce(0, +)
            #expect(held >= 0.899 * total)
            // Without the least likely of them it would be too little.
            let least = gaps[
                TimeGap.index(seconds: visits[visits.count - 1].query.time - last)]
            #expect(held - least < 0.901 * total)
        }
    }

    @Test("The LSTM reads only the newest events, and needs at least one")
    func replayLimit() throws {
        let model = try World.model()
        let long = history((0..<400).map { [Int32($0 % 60)] })
        let short = long.suffix(events: SequenceExpert.replayLimit)
        let a = model.sequence.prediction(for: query(long))
        let b = model.sequence.prediction(for: query(short))
        for item in Int32(0)..<60 { #expect(a.probability(of: item) == b.probability(of: item)) }
        #expect(model.sequence.prediction(for: query(History())).isEmpty)
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
                let query = PredictionQuery(
                    history: past, time: asked, type: .return, sameBasket: false)
                let prediction = model.prediction(for: query)
                #expect(abs(prediction.probabilities.reduce(0, +) - 1) < 1e-4)
            }
            _ = model.nextQuery(after: past)
        }
    }

    @Test("The greatest values are those of a sort")
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
}
