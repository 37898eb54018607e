import Foundation
import Kernels
import Testing

@testable import Prediction

@Suite("Ranking metrics")
struct RankingMetricsTests {
    @Test("Values computed by hand")
    func byHand() throws {
        for (ideal, first) in [(RankingMetrics.Ideal.full, 0.469279), (.cut, 1.0)] {
            var metrics = RankingMetrics(lengths: [1, 3], ideal: ideal)
            metrics.add(ranks: [2, 0], targetCount: 3)
            #expect(abs(try #require(metrics.meanRecall["1"]) - 1 / 3.0) < 1e-12)
            #expect(abs(try #require(metrics.meanRecall["3"]) - 2 / 3.0) < 1e-12)
            #expect(abs(try #require(metrics.meanNDCG["1"]) - first) < 1e-5)
            #expect(abs(try #require(metrics.meanNDCG["3"]) - 0.703918) < 1e-5)
            #expect(metrics.hitRate == ["1": 1, "3": 1])
            #expect(metrics.meanReciprocalRank == ["1": 1, "3": 1])
        }
    }

    @Test("One item at rank 3 of 5, and one beyond the list")
    func single() throws {
        var metrics = RankingMetrics(lengths: [2, 5], ideal: .cut)
        metrics.add(ranks: [2], targetCount: 1)
        metrics.add(ranks: [7], targetCount: 1)
        metrics.add(ranks: [], targetCount: 1)
        #expect(metrics.count == 3)
        #expect(metrics.hitRate["2"] == 0)
        #expect(abs(try #require(metrics.hitRate["5"]) - 1 / 3.0) < 1e-12)
        #expect(abs(try #require(metrics.meanReciprocalRank["5"]) - 1 / 9.0) < 1e-12)
        #expect(abs(try #require(metrics.meanNDCG["5"]) - 0.5 / 3) < 1e-12)
    }

    @Test("No examples give zeros")
    func empty() {
        let metrics = RankingMetrics(lengths: [10], ideal: .full)
        #expect(metrics.meanRecall == ["10": 0])
        #expect(metrics.meanNDCG == ["10": 0])
    }

    /// The definitions, item by item over the list.
    private func bruteForce(
        list: [Int], targets: Set<Int>, length: Int, ideal: RankingMetrics.Ideal
    ) -> [Double] {
        let cut = list.prefix(length)
        let hits = cut.filter(targets.contains).count
        var gain = 0.0
        for (position, item) in cut.enumerated() where targets.contains(item) {
            gain += 1 / log2(Double(position + 2))
        }
        var best = 0.0
        for position in 0..<targets.count where ideal == .full || position < length {
            best += 1 / log2(Double(position + 2))
        }
        let first = cut.firstIndex(where: targets.contains)
        return [
            Double(hits) / Double(targets.count), gain / best, hits > 0 ? 1 : 0,
            first.map { 1 / Double($0 + 1) } ?? 0,
        ]
    }

    @Test("Random lists agree with the definitions", arguments: UInt64(0)..<20)
    func randomLists(_ seed: UInt64) throws {
        var generator = PhiloxGenerator(seed: seed)
        let lengths = [1, 4, 10]
        for ideal in [RankingMetrics.Ideal.full, .cut] {
            var metrics = RankingMetrics(lengths: lengths, ideal: ideal)
            var sums = [[Double]](repeating: [0, 0, 0, 0], count: lengths.count)
            for _ in 0..<30 {
                var list = Array(0..<25)
                generator.shuffle(&list)
                var pool = Array(0..<40)
                generator.shuffle(&pool)
                let targets = Set(pool.prefix(1 + generator.integer(below: 15)))
                metrics.add(
                    ranks: list.indices.filter { targets.contains(list[$0]) },
                    targetCount: targets.count)
                for (index, length) in lengths.enumerated() {
                    let values = bruteForce(
                        list: list, targets: targets, length: length, ideal: ideal)
                    for (position, value) in values.enumerated() {
                        sums[index][position] += value / 30
                    }
                }
            }
            for (index, length) in lengths.enumerated() {
                let found = [
                    metrics.meanRecall, metrics.meanNDCG, metrics.hitRate,
                    metrics.meanReciprocalRank,
                ]
                for (position, means) in found.enumerated() {
                    let mean = try #require(means["\(length)"])
                    #expect(abs(mean - sums[index][position]) < 1e-9, "seed \(seed)")
                }
            }
        }
    }
}
