import Foundation
import Testing

@testable import Kernels

@Suite("Samples from a softmax by proposals")
struct SoftmaxProposalTests {
    private static let items = 3000
    private static let width = 12

    private func view(_ matrix: Matrix) -> MatrixView {
        FloatStorage(matrix.elements).view(rows: matrix.rows, columns: matrix.columns)
    }

    private func table(_ bias: [Float]) -> SoftmaxTable {
        let vectors = view(randomMatrix(bias.count, Self.width, seed: 3))
        return SoftmaxTable(
            vectors: vectors, columns: PackedMatrix(vectors, transposed: true), bias: bias)
    }

    private var bias: [Float] { randomMatrix(1, Self.items, seed: 4).elements.map { $0 * 2 } }

    /// Queries that differ a little from each other.
    private func queries(_ count: Int, spread: Float, seed: UInt64 = 5) -> Matrix {
        let common = randomMatrix(1, Self.width, seed: 6).elements
        let own = randomMatrix(count, Self.width, seed: seed)
        return Matrix(
            rows: count, columns: Self.width,
            elements: own.elements.enumerated().map {
                common[$0 % Self.width] + spread * $1
            })
    }

    private func softmax(_ query: [Float], _ table: SoftmaxTable) -> [Double] {
        let logits = (0..<table.bias.count).map { item in
            (0..<Self.width).reduce(Double(table.bias[item])) {
                $0 + Double(query[$1]) * Double(table.vectors[item, $1])
            }
        }
        let peak = logits.max() ?? 0
        let weights = logits.map { exp($0 - peak) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// Many draws for one query.
    private func draws(
        _ count: Int, of query: [Float], _ proposal: SoftmaxProposal, seed: UInt64
    ) -> [Int32] {
        let many = Matrix(
            rows: count, columns: Self.width, elements: (0..<count).flatMap { _ in query })
        var generator = PhiloxGenerator(seed: seed)
        return proposal.draw(
            view(many), offsets: (0..<count).map { _ in generator.uniform() },
            at: (0..<count).map { _ in generator.uniform() })
    }

    /// The total variation distance between the samples' frequencies and the softmax, and
    /// what chance alone makes of it on average.
    private func distance(_ items: [Int32], from softmax: [Double]) -> (
        found: Double, noise: Double
    ) {
        var counts = [Double](repeating: 0, count: softmax.count)
        for item in items { counts[Int(item)] += 1 }
        let n = Double(items.count)
        let found = zip(counts, softmax).reduce(0) { $0 + abs($1.0 / n - $1.1) } / 2
        // The mean absolute deviation of a binomial fraction, by its normal approximation.
        let noise = softmax.reduce(0) { $0 + (2 / Double.pi * $1 * (1 - $1) / n).squareRoot() } / 2
        return (found, noise)
    }

    @Test("Samples follow the softmax of a query", arguments: [0.1, 0.5] as [Float])
    func follows(_ spread: Float) throws {
        let table = table(bias)
        let sample = queries(6, spread: spread)
        let proposal = try #require(
            SoftmaxProposal(view(sample), table, error: 0.01, limit: Self.items))
        let query = Array(queries(1, spread: spread, seed: 99).row(0))
        let drawn = draws(60_000, of: query, proposal, seed: 8)
        let distance = distance(drawn, from: softmax(query, table))
        // A query far from the sample may be further off than the mean of the sample's.
        #expect(
            distance.found < 1.1 * distance.noise + 0.02,
            "\(distance), \(proposal.count) proposals")
    }

    @Test("Frequencies of frequent items are right to the second digit")
    func frequent() throws {
        let table = table(bias)
        let proposal = try #require(
            SoftmaxProposal(view(queries(8, spread: 0.3)), table, error: 0.002, limit: 3000))
        let query = Array(queries(8, spread: 0.3).row(3))
        let repeats = 100_000
        let drawn = draws(repeats, of: query, proposal, seed: 9)
        var counts: [Int32: Double] = [:]
        for item in drawn { counts[item, default: 0] += 1 }
        let softmax = softmax(query, table)
        let frequent = softmax.indices.sorted { softmax[$0] > softmax[$1] }.prefix(20)
        for item in frequent {
            let expected = softmax[item] * Double(repeats)
            let bound = 4.5 * expected.squareRoot() + 0.02 * expected
            #expect(abs((counts[Int32(item)] ?? 0) - expected) < bound, "item \(item)")
        }
    }

    @Test("More varied queries and smaller errors need more proposals, up to a limit")
    func count() throws {
        let table = table(bias)
        func count(_ spread: Float, error: Double, limit: Int = Self.items) -> Int? {
            SoftmaxProposal(view(queries(6, spread: spread)), table, error: error, limit: limit)?
                .count
        }
        let alike = try #require(count(0.05, error: 0.01))
        let apart = try #require(count(0.4, error: 0.01))
        let exact = try #require(count(0.4, error: 0.005))
        #expect(alike < apart && apart < exact)
        #expect(count(0.4, error: 0.005, limit: exact) == exact)
        let made = SoftmaxProposal(
            view(queries(6, spread: 0.4)), table, error: 0.01, limit: Self.items)
        #expect(made.map { $0.error > 0.005 && $0.error <= 0.01 } == true)
        #expect(count(0.4, error: 0.005, limit: exact - 1) == nil)
    }

    @Test("The error of old proposals grows as the queries change")
    func renewal() throws {
        let table = table(bias)
        let proposal = try #require(
            SoftmaxProposal(view(queries(6, spread: 0.3)), table, error: 0.005, limit: Self.items))
        let near = proposal.renewed(
            view(queries(6, spread: 0.3, seed: 7)), error: 0.005, limit: Self.items)
        let far = proposal.renewed(
            view(queries(6, spread: 0.6, seed: 7)), error: 0.05, limit: Self.items)
        #expect(near.formerError < 0.01 && near.proposal != nil)
        #expect(far.formerError > 2 * near.formerError)
        let apart = try #require(far.proposal)
        #expect(apart.count > 1)
        #expect(
            proposal.renewed(view(queries(6, spread: 1)), error: 1e-9, limit: 100).proposal == nil)
    }

    @Test("The reported error of old proposals is the error of the samples")
    func toldError() throws {
        let table = table(bias)
        let proposal = try #require(
            SoftmaxProposal(view(queries(6, spread: 0.3)), table, error: 0.02, limit: Self.items))
        // One query alone, far from those that the proposals were made of.
        let query = Array(queries(1, spread: 0.6, seed: 21).row(0))
        let twice = Matrix(rows: 2, columns: Self.width, elements: query + query)
        let reported = proposal.renewed(view(twice), error: 1, limit: Self.items).formerError
        let drawn = draws(60_000, of: query, proposal, seed: 18)
        let distance = distance(drawn, from: softmax(query, table))
        #expect(reported > 0.02, "large enough: \(reported)")
        #expect(
            distance.found - distance.noise < reported + 0.01, "\(distance), reported \(reported)")
        #expect(reported < 0.9)
    }

    @Test("Impossible items are never sampled")
    func impossible() throws {
        var bias = bias
        for item in 0..<Self.items where item % 3 != 1 { bias[item] = -.infinity }
        let table = table(bias)
        let sample = queries(4, spread: 0.2)
        let proposal = try #require(
            SoftmaxProposal(view(sample), table, error: 0.02, limit: Self.items))
        var generator = PhiloxGenerator(seed: 3)
        for _ in 0..<200 {
            let drawn = proposal.draw(
                view(sample), offsets: (0..<4).map { _ in generator.uniform() },
                at: (0..<12).map { _ in generator.uniform() })
            #expect(drawn.count == 12 && drawn.allSatisfy { $0 % 3 == 1 })
        }
    }

    @Test("Random numbers at the ends, and queries that are not numbers")
    func edges() throws {
        let table = table(bias)
        let sample = queries(3, spread: 0.2)
        let proposal = try #require(
            SoftmaxProposal(view(sample), table, error: 0.02, limit: Self.items))
        for offset in [0, 1.0.nextDown] {
            let drawn = proposal.draw(
                view(sample), offsets: [offset, offset, offset],
                at: [0, 1.0.nextDown, 0, 1.0.nextDown, 0, 1.0.nextDown])
            #expect(drawn.allSatisfy { (0..<Int32(Self.items)).contains($0) })
        }
        #expect(proposal.draw(view(sample), offsets: [0, 0, 0], at: []) == [])
        let broken = FloatStorage(count: 2 * Self.width, repeating: .nan)
            .view(rows: 2, columns: Self.width)
        #expect(SoftmaxProposal(broken, table, error: 0.02, limit: Self.items) == nil)
        #expect(
            proposal.draw(broken, offsets: [0.5, 0.5], at: [0.1, 0.9]) == [-1, -1])
        let closed = self.table([Float](repeating: -.infinity, count: 50))
        #expect(SoftmaxProposal(view(sample), closed, error: 0.02, limit: 50) == nil)
    }

    @Test("The same numbers give the same items, independent of other queries")
    func repeatable() throws {
        let table = table(bias)
        let sample = queries(8, spread: 0.3)
        let proposal = try #require(
            SoftmaxProposal(view(sample), table, error: 0.01, limit: Self.items))
        let offsets = (0..<8).map { Double($0) / 8 }
        let uniforms = (0..<8).map { Double(7 - $0) / 8 }
        let all = proposal.draw(view(sample), offsets: offsets, at: uniforms)
        for row in 0..<8 {
            let one = proposal.draw(
                view(sample).rows(row..<row + 1), offsets: [offsets[row]], at: [uniforms[row]])
            #expect(one == [all[row]])
        }
    }
}
