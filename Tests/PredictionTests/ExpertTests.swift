import Foundation
import Kernels
import Learning
import Testing

@testable import Prediction

@Suite("ExpertPrediction")
struct ExpertTests {
    @Test("Weights become a sorted distribution")
    func weights() {
        expect(ExpertPrediction(weights: [9: 3, 2: 1, 5: 0, 4: -1]), equals: [2: 0.25, 9: 0.75])
        #expect(ExpertPrediction(weights: [:]).isEmpty)
        #expect(ExpertPrediction(weights: [1: 0]).isEmpty)
        #expect(ExpertPrediction(weights: [1: .nan]).isEmpty)
        #expect(ExpertPrediction(weights: [1: .infinity, 2: 1]).isEmpty)
    }

    @Test("Probabilities are looked up, whatever the item")
    func lookup() {
        var generator = PhiloxGenerator(seed: 3)
        var weights: [Int32: Float] = [:]
        for _ in 0..<200 {
            weights[Int32(generator.integer(below: 500))] = Float(generator.uniform()) + 0.01
        }
        let total = weights.values.reduce(0, +)
        let sparse = ExpertPrediction(weights: weights)
        var dense = [Float](repeating: 0, count: 500)
        sparse.add(to: &dense, share: 1)
        for item in Int32(-2)..<502 {
            let expected = (weights[item] ?? 0) / total
            #expect(abs(sparse.probability(of: item) - expected) < 1e-6)
            let same = ExpertPrediction.dense(dense).probability(of: item)
            #expect(same == sparse.probability(of: item))
            #expect(ExpertPrediction.none.probability(of: item) == 0)
        }
    }

    @Test("Shares of distributions add up")
    func add() {
        var total: [Float] = [0, 0, 0]
        ExpertPrediction.dense([0.5, 0.25, 0.25]).add(to: &total, share: 0.5)
        ExpertPrediction.sparse([(item: 2, probability: 1)]).add(to: &total, share: 0.5)
        ExpertPrediction.none.add(to: &total, share: 1)
        #expect(total == [0.25, 0.125, 0.625])
    }

    @Test("Rows keep their heaviest entries, equal ones by column, and sum to 1")
    func rows() {
        let rows = SparseRows(
            counts: [
                SparseRows.key(0, 5): 1, SparseRows.key(0, 3): 1, SparseRows.key(0, 9): 2,
                SparseRows.key(0, 1): 0.5, SparseRows.key(2, 0): 4,
            ], rowCount: 3, limit: 3)
        #expect(rows.count == 3)
        #expect(rows.offsets == [0, 3, 3, 4])
        #expect(rows.columns == [9, 3, 5, 0])
        #expect(rows.weights == [0.5, 0.25, 0.25, 1])
        #expect(rows.row(1).isEmpty)
        #expect(rows.row(3).isEmpty)
    }
}

@Suite("Popularity")
struct PopularityTests {
    @Test("Counts fade by half every four weeks")
    func decay() {
        var made = EventSequences()
        made.append(items: [1, 0], types: [0, 0], times: [0, 28 * day])
        made.append(items: [2, 0], types: [0, 0], times: [-28 * day, 28 * day])
        let counts: [Float] = [2.01, 0.51, 0.26, 0.01]
        let total = counts.reduce(0, +)
        let popularity = Popularity(made, itemCount: 4)
        for (found, count) in zip(popularity.probabilities, counts) {
            #expect(abs(found - count / total) < 1e-6)
        }
        #expect(popularity.probabilities.allSatisfy { $0 > 0 })
    }

    @Test("It says the same to everybody, and nothing about an empty catalogue")
    func everybody() {
        let popularity = Popularity(sequences([[[0, 1], [1]]]), itemCount: 2)
        for history in [History(), history([[0]])] {
            let evidence = popularity.prediction(for: context(history))
            #expect(evidence.probability(of: 1) == popularity.probabilities[1])
        }
        let nothing = Popularity(EventSequences(), itemCount: 0)
        #expect(nothing.prediction(for: context(History())).isEmpty)
        let unseen = Popularity(EventSequences(), itemCount: 4)
        #expect(unseen.probabilities == [0.25, 0.25, 0.25, 0.25])
    }

    @Test("Very old events count nothing, and break nothing")
    func ancient() {
        var made = EventSequences()
        made.append(items: [0, 1], types: [0, 0], times: [Int64.min / 1000, Int64.max / 1000])
        let popularity = Popularity(made, itemCount: 2)
        #expect(popularity.probabilities.allSatisfy { $0.isFinite })
        #expect(popularity.probabilities[0] < 0.02)
    }
}

@Suite("Own transitions")
struct PersonalTransitionsTests {
    private let past = history([[0, 1], [2], [0], [3], [0]])

    @Test("What followed moments like the newest one")
    func later() {
        expect(PersonalTransitions().prediction(for: context(past)), equals: [2: 1 / 3, 3: 2 / 3])
    }

    @Test("What else was in moments like the newest one")
    func same() {
        expect(
            PersonalTransitions().prediction(for: context(past, sameBasket: true)), equals: [1: 1])
    }

    @Test("Nothing without a moment like the newest one")
    func silent() {
        for past in [history([]), history([[0]]), history([[0], [1], [2]])] {
            #expect(PersonalTransitions().prediction(for: context(past)).isEmpty)
            #expect(PersonalTransitions().prediction(for: context(past, sameBasket: true)).isEmpty)
        }
    }
}

@Suite("Transitions")
struct TransitionsTests {
    @Test("Followers count by distance")
    func following() {
        let transitions = Transitions(sequences([[[0], [1], [2]]]), itemCount: 3)
        #expect(transitions.following.offsets == [0, 2, 3, 3])
        #expect(transitions.following.columns == [1, 2, 2])
        let expected: [Float] = [2 / 3, 1 / 3, 1]
        for (found, weight) in zip(transitions.following.weights, expected) {
            #expect(abs(found - weight) < 1e-6)
        }
        expect(
            transitions.prediction(for: context(history([[0], [1]]))), equals: [1: 2 / 9, 2: 7 / 9])
    }

    @Test("Four moments back, and no further")
    func reach() {
        let transitions = Transitions(sequences([[[0], [1], [2], [3], [4], [5]]]), itemCount: 6)
        let row = transitions.following.row(0)
        #expect(Array(transitions.following.columns[row]) == [1, 2, 3, 4])
        let asked = history([[0], [9], [9], [9]])
        #expect(!transitions.prediction(for: context(asked)).isEmpty)
        let beyond = history([[0], [9], [9], [9], [9]])
        #expect(transitions.prediction(for: context(beyond)).isEmpty)
    }

    @Test("Items of one moment come together")
    func together() {
        let transitions = Transitions(
            sequences([[[0, 1, 2]], [[0, 1]], [[3]]]), itemCount: 4)
        let row = transitions.together.row(0)
        #expect(Array(transitions.together.columns[row]) == [1, 2])
        #expect(Array(transitions.together.weights[row]) == [0.75, 0.25])
        expect(
            transitions.prediction(for: context(history([[0, 1]]), sameBasket: true)),
            equals: [2: 1])
        #expect(
            transitions.prediction(for: context(history([[3]]), sameBasket: true)).isEmpty)
        #expect(transitions.prediction(for: context(history([[0, 1]]))).isEmpty)
    }

    @Test("Nothing without a history")
    func silent() {
        let transitions = Transitions(sequences([[[0], [1]]]), itemCount: 2)
        #expect(transitions.prediction(for: context(History())).isEmpty)
        #expect(Transitions(EventSequences(), itemCount: 0).following.count == 0)
    }

    @Test("Baskets of hundreds of items are counted in bounded time, and rows stay short")
    func hugeBaskets() {
        let basket = (0..<400).map { Int32($0) }
        let transitions = Transitions(sequences([[basket, basket, basket]]), itemCount: 400)
        for table in [transitions.following, transitions.together] {
            for item in 0..<400 { #expect(table.row(item).count <= Transitions.rowLimit) }
        }
        let evidence = transitions.prediction(for: context(history([basket])))
        #expect(entries(evidence).count <= 400)
    }
}
