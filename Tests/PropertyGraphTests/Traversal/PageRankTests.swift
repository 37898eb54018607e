import GraphFixtures
import PropertyGraph
import TestSupport
import Testing
import Time

struct Rank: Question {
    let seeds: [NodeID: Double]
    var pattern = EdgePattern.out()
    var settings = PageRankSettings()
    var decay = Decay.asStored
    var limits = TraversalLimits()

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> PageRank {
        try graph.personalisedPageRank(
            from: seeds, along: pattern, settings: settings, decay: decay, limits: limits)
    }
}

extension PageRank {
    var byNode: [NodeID: Double] {
        Dictionary(uniqueKeysWithValues: scores.map { ($0.node, $0.score) })
    }
}

@Suite struct PageRankTests {
    /// Exact scores by steps of the whole distribution until nothing changes.
    private func power(
        _ random: RandomGraph, _ rank: Rank
    ) throws -> [NodeID: Double] {
        let sum = rank.seeds.values.reduce(0, +)
        let seeds = rank.seeds.mapValues { $0 / sum }
        var shares: [NodeID: [NodeID: Double]] = [:]
        for node in random.nodes {
            for way in try random.matches(rank.pattern, at: node) {
                shares[node, default: [:]][way.node, default: 0] +=
                    way.edge.weight(
                        at: rank.decay.time, halfLifeSeconds: rank.decay.halfLifeSeconds)
            }
            let total = shares[node]?.values.reduce(0, +) ?? 0
            shares[node] = shares[node]?.mapValues { $0 / total } ?? seeds
        }
        var scores = seeds
        for _ in 0..<400 {
            var next = seeds.mapValues { $0 * rank.settings.restart }
            for (node, score) in scores {
                for (target, share) in shares[node] ?? [:] {
                    next[target, default: 0] += (1 - rank.settings.restart) * score * share
                }
            }
            scores = next
        }
        return scores
    }

    @Test(arguments: UInt64(0)..<60)
    func scoresAreThoseOfPowerIterationLessTheResidual(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, edges: 6 + Int(seed % 30))
        for tolerance in [1e-2, 1e-5, 1e-13] {
            var seeds = [random.node(): 3.0]
            seeds[random.node(), default: 0] += 1
            var rank = Rank(seeds: seeds)
            rank.pattern = random.pattern()
            rank.settings = PageRankSettings(
                restart: [0.1, 0.15, 0.5, 1][random.generator.below(4)], tolerance: tolerance)
            rank.decay = Decay(at: Timestamp(seconds: 300), halfLifeSeconds: 200)
            let answer = try random.ask(rank)
            let (got, exact) = (answer.byNode, try power(random, rank))
            var missing = 0.0
            for node in random.nodes {
                let (score, wanted) = (got[node] ?? 0, exact[node] ?? 0)
                #expect(score <= wanted + 1e-9, "seed \(seed)")
                missing += wanted - score
            }
            #expect(abs(missing - answer.residual) < 1e-9, "seed \(seed)")
            let total = answer.scores.reduce(answer.residual) { $0 + $1.score }
            #expect(abs(total - 1) < 1e-9, "seed \(seed)")
            if tolerance < 1e-12 { #expect(answer.residual < 1e-9, "seed \(seed)") }
            #expect(!answer.isTruncated, "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func scoresAreInOrder(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed)
        let answer = try random.ask(Rank(seeds: [random.node(): 1], pattern: .both()))
        for (one, next) in zip(answer.scores, answer.scores.dropFirst()) {
            let isInOrder =
                one.score > next.score || (one.score == next.score && one.node < next.node)
            #expect(isInOrder, "seed \(seed)")
        }
        let unasked = try random.ask(Rank(seeds: [:]))
        #expect(unasked.scores.isEmpty)
    }

    @Test func workIsWithinTheBoundOfThePaper() throws {
        let random = try RandomGraph(seed: 1, nodes: 60, edges: 400)
        for tolerance in [1e-2, 1e-3, 1e-4] {
            let settings = PageRankSettings(restart: 0.2, tolerance: tolerance)
            let answer = try random.ask(
                Rank(seeds: [random.nodes[0]: 1], pattern: .both(), settings: settings))
            #expect(Double(answer.pushes) <= 1 / (0.2 * tolerance))
            #expect(!answer.isTruncated)
        }
    }

    @Test func eachNodeIsReadOnce() throws {
        let random = try RandomGraph(seed: 2, nodes: 20, edges: 60)
        let graph = CountingGraph(random.memory)
        let answer = try Rank(seeds: [random.nodes[0]: 1]).ask(graph)
        #expect(answer.pushes > 60)
        #expect(graph.counter.edges <= 60)
    }

    @Test func onlyTheSurroundingsAreRead() throws {
        let graph = CountingGraph(chain(1_000))
        let settings = PageRankSettings(restart: 0.5, tolerance: 1e-3)
        let answer = try Rank(seeds: [person(0): 1], settings: settings).ask(graph)
        // Half of the walkers end at each node: after ten nodes less than a thousandth is left.
        #expect(answer.scores.map(\.node) == (0..<10).map(person))
        #expect(answer.scores.map(\.score) == (1...10).map { 1 / Double(1 << $0) })
        #expect(answer.residual == 1.0 / 1024)
        #expect(graph.counter.edges == 10)
    }

    @Test func aSeedThatLeadsNowhereIsAllThereIs() throws {
        let lonely = try Rank(seeds: [person(9): 0.1]).ask(star(3))
        #expect(lonely.scores.map(\.node) == [person(9)])
        #expect(abs(lonely.scores[0].score - 1) < 1e-5)
        let loop = inMemoryGraph([edge(person(0), .likes, person(0))])
        let round = try Rank(seeds: [person(0): 7]).ask(loop)
        #expect(round.scores.map(\.node) == [person(0)])
        #expect(abs(round.scores[0].score + round.residual - 1) < 1e-12)
    }

    @Test func seedsThatMakeNoSenseAreLeftOut() throws {
        let seeds = [
            person(0): 1, person(1): 0, person(2): -1, person(3): Double.nan,
            person(4): Double.infinity,
        ]
        let pattern = EdgePattern.out(.knows)
        let answer = try Rank(seeds: seeds, pattern: pattern).ask(star(9))
        #expect(answer.scores.map(\.node) == [person(0)])
        let none = try Rank(seeds: seeds.filter { $0.key != person(0) }).ask(star(9))
        #expect(none.scores.isEmpty && none.residual == 0 && none.pushes == 0)
        #expect(!none.isTruncated)
        // Seeds whose sum is too great for a number are shared out all the same.
        let huge = Double.greatestFiniteMagnitude
        let two = try Rank(seeds: [person(7): huge, person(8): huge]).ask(inMemoryGraph([]))
        #expect(two.scores.count == 2)
        #expect(two.scores.allSatisfy { abs($0.score - 0.5) < 1e-5 })
    }

    @Test func settingsOutOfRangeAreRefused() {
        let bad: [(Double, Double)] = [
            (0, 0), (-0.1, 0), (1.1, 0), (.nan, 0), (.infinity, 0), (0.5, -1), (0.5, .nan),
        ]
        for (restart, tolerance) in bad {
            let settings = PageRankSettings(restart: restart, tolerance: tolerance)
            let failure = code {
                _ = try Rank(seeds: [person(0): 1], settings: settings).ask(star(3))
            }
            #expect(failure == .argument)
        }
    }

    @Test func theNumberOfPushesCutsAndSaysSo() throws {
        let random = try RandomGraph(seed: 3)
        var rank = Rank(seeds: [random.nodes[0]: 1], pattern: .both())
        let whole = try random.ask(rank)
        #expect(!whole.isTruncated)
        for (pushes, isTruncated) in [(-1, true), (0, true), (whole.pushes - 1, true)] {
            rank.settings.pushes = pushes
            let answer = try random.ask(rank)
            #expect(answer.isTruncated == isTruncated)
            #expect(answer.pushes == max(0, pushes))
            let total = answer.scores.reduce(answer.residual) { $0 + $1.score }
            #expect(abs(total - 1) < 1e-9)
        }
        rank.settings.pushes = whole.pushes
        let same = try random.ask(rank)
        #expect(same == whole)
    }

    @Test func theNumberOfNodesCutsAndSaysSo() throws {
        for (visited, isTruncated) in [(-1, true), (0, true), (1, true), (7, true), (8, false)] {
            let limits = TraversalLimits(visited: visited)
            let answer = try Rank(seeds: [person(0): 1], limits: limits).ask(star(7))
            #expect(answer.isTruncated == isTruncated)
            #expect(answer.scores.count == max(0, min(8, visited)))
            let total = answer.scores.reduce(answer.residual) { $0 + $1.score }
            #expect(abs(total - 1) < 1e-9)
        }
    }

    @Test func seedsThatDoNotFitTakeTheirWalkersWithThem() throws {
        // Nodes 1 to 4 lead nowhere, so that their walkers begin anew at all four again and again.
        let seeds = Dictionary(uniqueKeysWithValues: (1...4).map { (person($0), 1.0) })
        for (visited, count) in [(3, 3), (4, 4), (5, 4)] {
            let limits = TraversalLimits(visited: visited)
            let answer = try Rank(seeds: seeds, limits: limits).ask(star(4))
            #expect(answer.scores.map(\.node).sorted() == (1...count).map(person))
            #expect(answer.isTruncated == (visited < 4))
            let total = answer.scores.reduce(answer.residual) { $0 + $1.score }
            #expect(abs(total - 1) < 1e-9)
        }
    }

    @Test func theFanOutCutsAndSaysSo() throws {
        for (fanOut, isTruncated) in [(-1, true), (6, true), (7, false), (8, false)] {
            let limits = TraversalLimits(fanOut: fanOut)
            let answer = try Rank(seeds: [person(0): 1], limits: limits).ask(star(7))
            #expect(answer.isTruncated == isTruncated)
            #expect(answer.scores.count == 1 + max(0, min(7, fanOut)))
        }
    }
}
