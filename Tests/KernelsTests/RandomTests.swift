import Foundation
import Testing

@testable import Kernels

@Suite("Random numbers")
struct RandomTests {
    /// The known answers that come with the reference implementation (Random123, kat_vectors).
    static let vectors: [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)] = [
        (
            SIMD4(repeating: 0), SIMD2(repeating: 0),
            SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
        ),
        (
            SIMD4(repeating: .max), SIMD2(repeating: .max),
            SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
        ),
        (
            SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
            SIMD2(0xA409_3822, 0x299F_31D0),
            SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
        ),
    ]

    @Test("Philox gives the published values", arguments: 0..<3)
    func knownAnswers(_ index: Int) {
        let (counter, key, expected) = Self.vectors[index]
        #expect(Philox.block(counter: counter, key: key) == expected)
    }

    @Test("Position, stream and seed are the words of counter and key")
    func randomAccess() {
        let zero = Philox.block(
            counter: SIMD4(5, 1, 0x22, 0x11), key: SIMD2(0x44, 0x33))
        let same = Philox(seed: 0x33_0000_0044, stream: 0x11_0000_0022).block(at: 0x1_0000_0005)
        #expect(same == zero)
    }

    @Test("Seeds and streams are unrelated")
    func independence() {
        let count = 20_000
        func sample(_ seed: UInt64, _ stream: UInt64) -> [Double] {
            let numbers = Philox(seed: seed, stream: stream)
            return (0..<count).map { numbers.uniform(at: UInt64($0)) - 0.5 }
        }
        let base = sample(1, 1)
        for other in [sample(2, 1), sample(1, 2)] {
            let correlation = zip(base, other).reduce(0) { $0 + $1.0 * $1.1 } * 12 / Double(count)
            #expect(abs(correlation) < 4 / Double(count).squareRoot())
        }
    }

    @Test("Uniform numbers are in [0, 1) with the right mean and variance")
    func uniform() {
        var generator = PhiloxGenerator(seed: 3)
        var sum = 0.0
        var squares = 0.0
        let count = 100_000
        for _ in 0..<count {
            let value = generator.uniform()
            #expect(value >= 0 && value < 1)
            sum += value
            squares += value * value
        }
        #expect(abs(sum / Double(count) - 0.5) < 0.004, "seed 3")
        #expect(abs(squares / Double(count) - 1 / 3.0) < 0.004, "seed 3")
    }

    @Test("Normal numbers have mean 0, variance 1, kurtosis 3")
    func normal() {
        var generator = PhiloxGenerator(seed: 4)
        let values = (0..<100_000).map { _ in generator.normal() }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let second = values.reduce(0) { $0 + $1 * $1 } / count
        let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
        #expect(abs(mean) < 0.015 && abs(second - 1) < 0.02 && abs(fourth - 3) < 0.15, "seed 4")
        #expect(values.allSatisfy { $0.isFinite })
    }

    @Test("Integers below a bound are uniform", arguments: [1, 2, 3, 10, 1_000])
    func integers(_ bound: Int) {
        var generator = PhiloxGenerator(seed: 5, stream: UInt64(bound))
        var counts = [Int](repeating: 0, count: bound)
        let draws = 100 * bound + 10_000
        for _ in 0..<draws { counts[generator.integer(below: bound)] += 1 }
        let expected = Double(draws) / Double(bound)
        let chiSquare = counts.reduce(0) { $0 + pow(Double($1) - expected, 2) / expected }
        let limit = Double(bound - 1) + 5 * (2 * Double(max(1, bound - 1))).squareRoot()
        #expect(chiSquare <= limit, "seed 5, χ² \(chiSquare)")
        #expect(generator.integer(below: .max) >= 0)
    }

    @Test("Equal seeds give equal numbers, and a shuffle is a permutation")
    func repeatable() {
        var first = PhiloxGenerator(seed: 6, stream: 2)
        var second = first
        let here = (0..<100).map { _ in first.next() }
        let there = (0..<100).map { _ in second.next() }
        #expect(here == there)
        var numbers = Array(0..<100)
        first.shuffle(&numbers)
        #expect(numbers != Array(0..<100) && numbers.sorted() == Array(0..<100))
        var none: [Int] = []
        first.shuffle(&none)
        #expect(none.isEmpty)
    }
}

@Suite("Alias table")
struct AliasTableTests {
    @Test("Samples follow the weights")
    func frequencies() throws {
        let weights = [5.0, 0, 1, 3.5, 0.01, 0, 10, 2]
        let table = try #require(AliasTable(weights: weights))
        let numbers = Philox(seed: 8)
        let draws = 200_000
        var counts = [Int](repeating: 0, count: weights.count)
        for index in 0..<draws { counts[table.sample(numbers.uniform(at: UInt64(index)))] += 1 }
        for (index, weight) in weights.enumerated() {
            let p = weight / weights.reduce(0, +)
            #expect(abs(table.probabilities[index] - p) < 1e-12)
            let deviation = abs(Double(counts[index]) - p * Double(draws))
            #expect(deviation <= 5 * (p * Double(draws)).squareRoot(), "seed 8, outcome \(index)")
            if weight == 0 { #expect(counts[index] == 0) }
        }
    }

    @Test("The probability mass of each outcome is exact")
    func mass() throws {
        let weights = (1...50).map { Double($0 * $0 % 23) }
        let table = try #require(AliasTable(weights: weights))
        let steps = 200_000
        var counts = [Double](repeating: 0, count: weights.count)
        for step in 0..<steps { counts[table.sample((Double(step) + 0.5) / Double(steps))] += 1 }
        for (index, weight) in weights.enumerated() {
            let p = weight / weights.reduce(0, +)
            #expect(abs(counts[index] / Double(steps) - p) < 1e-3)
        }
    }

    @Test("Uniform numbers outside [0, 1) are taken as the ends")
    func edges() throws {
        let table = try #require(AliasTable(weights: [1, 1, 1]))
        for value in [-1, 0, 0.999_999_999_999_999_9, 1, 2] {
            #expect((0..<3).contains(table.sample(value)))
        }
        var generator = PhiloxGenerator(seed: 1)
        let single = try #require(AliasTable(weights: [3]))
        #expect(single.sample(generator.uniform()) == 0 && single.count == 1)
    }

    @Test(
        "Unusable weights give no table", arguments: [[], [0, 0], [1, -1], [.nan], [.infinity]])
    func unusable(_ weights: [Double]) {
        #expect(AliasTable(weights: weights) == nil)
    }
}

@Suite("Parallel loop")
struct ParallelForTests {
    @Test("Each index is visited once, at any number of threads", arguments: [1, 2, 3, 8, 100])
    func everyIndex(_ threads: Int) {
        let storage = FloatStorage(count: 57)
        parallelFor(57, threads: threads) { storage[$0] += Float($0 + 1) }
        #expect(storage.elements == (1...57).map { Float($0) })
        #expect(parallelMap(57, threads: threads) { "\($0)" } == (0..<57).map { "\($0)" })
    }

    @Test("No work is no work")
    func nothing() {
        parallelFor(0, threads: 4) { _ in Issue.record("There is nothing to do.") }
        parallelFor(-3, threads: 4) { _ in Issue.record("There is nothing to do.") }
        #expect(parallelMap(0, threads: 2) { $0 }.isEmpty)
    }

    @Test("Work that can be cancelled gives its results in order, in a task and outside of any")
    func uncancelled() async throws {
        @Sendable func squares() throws -> [Int] {
            try cancellableMap(20, threads: 3) { index, isCancelled in
                isCancelled() ? -1 : index * index
            }
        }
        #expect(try squares() == (0..<20).map { $0 * $0 })
        let task = Task { try squares() }
        #expect(try await task.value == (0..<20).map { $0 * $0 })
        let bare = try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try squares() }) }.start()
        }
        #expect(bare == (0..<20).map { $0 * $0 })
    }

    @Test("Every thread sees that the task was cancelled", arguments: [1, 2, 5])
    func cancelled(_ threads: Int) async throws {
        let task = Task {
            try cancellableMap(8, threads: threads) { _, isCancelled in
                while !isCancelled() { sched_yield() }
            }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
}

@Suite("Build target")
struct BuildTargetTests {
    @Test("Advice is given only when the machine can do more")
    func advice() throws {
        let old = "flags\t\t: fpu sse2"
        let middle = "processor: 0\nflags\t\t: fpu avx2 fma bmi2"
        let new = "flags\t\t: avx2 fma bmi2 avx512f avx512bw avx512dq avx512vl"
        #expect(BuildTarget.advice(builtFor: "generic", cpuInfo: old) == nil)
        #expect(BuildTarget.advice(builtFor: "generic", cpuInfo: "nonsense") == nil)
        let better = try #require(BuildTarget.advice(builtFor: "generic", cpuInfo: middle))
        #expect(better.contains("x86-64-v3"))
        #expect(BuildTarget.advice(builtFor: "x86-64-v3", cpuInfo: middle) == nil)
        let best = try #require(BuildTarget.advice(builtFor: "x86-64-v3", cpuInfo: new))
        #expect(best.contains("x86-64-v4"))
        #expect(BuildTarget.advice(builtFor: "x86-64-v4", cpuInfo: new) == nil)
        #expect(BuildTarget.advice(builtFor: "native", cpuInfo: new) == nil)
        #expect(["native", "x86-64-v4", "x86-64-v3", "generic"].contains(BuildTarget.cpu))
    }
}

@Suite("Thread team")
struct ThreadTeamTests {
    @Test("All threads wait at each barrier", arguments: [0, 1, 2, 3, 5])
    func barriers(_ threads: Int) {
        let members = max(1, threads)
        let rounds = 200
        let marks = FloatStorage(count: members)
        let faults = FloatStorage(count: members)
        ThreadTeam.run(threads: threads) { member, team in
            for round in 1...rounds {
                marks[member] = Float(round)
                team.barrier()
                for other in 0..<team.count where marks[other] != Float(round) {
                    faults[member] += 1
                }
                team.barrier()
            }
        }
        #expect(marks.elements == [Float](repeating: Float(rounds), count: members))
        #expect(faults.elements.allSatisfy { $0 == 0 })
    }
}
