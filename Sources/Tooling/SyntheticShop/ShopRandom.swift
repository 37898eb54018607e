import Foundation
import Kernels

/// The random numbers of the shop, from one stream of a counter-based generator.
struct ShopRandom: Sendable {
    private var generator: PhiloxGenerator

    /// A generator at the start of a stream; streams are independent of each other.
    init(seed: UInt64, stream: Stream) {
        generator = PhiloxGenerator(seed: seed, stream: stream.number)
    }

    /// The purpose of a stream.
    enum Stream {
        case catalogue, tastes, sequences, holidays, offers
        case weather(city: Int)
        case concerts(city: Int)
        case trends(department: Int)
        case traits(customer: Int)
        case behaviour(customer: Int)
        /// Another possible future of a customer.
        case fork(customer: Int, repetition: Int)

        var number: UInt64 {
            switch self {
            case .catalogue: 0
            case .tastes: 1
            case .sequences: 2
            case .holidays: 3
            case .offers: 4
            case .weather(let city): 1 << 62 | UInt64(city)
            case .concerts(let city): 1 << 62 | 1 << 32 | UInt64(city)
            case .trends(let department): 1 << 62 | 2 << 32 | UInt64(department)
            case .traits(let customer): 16 + 2 * UInt64(customer)
            case .behaviour(let customer): 17 + 2 * UInt64(customer)
            case .fork(let customer, let repetition):
                1 << 63 | UInt64(customer) << 32 | UInt64(repetition)
            }
        }
    }

    /// A uniform number in [0, 1).
    mutating func uniform() -> Double { generator.uniform() }

    /// A uniform number in a range.
    mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// A uniform integer in 0 ..< count.
    mutating func integer(below count: Int) -> Int { generator.integer(below: count) }

    /// True with the given probability.
    mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    /// A number of the standard normal distribution.
    mutating func normal() -> Double { generator.normal() }

    /// A geometric count of 0, 1, 2… with the given mean, limited to `max`.
    mutating func geometric(mean: Double, max: Int) -> Int {
        let stop = 1 / (1 + mean)
        var count = 0
        while count < max, !chance(stop) { count += 1 }
        return count
    }

    /// A log-normal number with the given median.
    mutating func logNormal(median: Double, sigma: Double) -> Double {
        median * exp(sigma * normal())
    }

    /// A gamma-distributed number (Marsaglia and Tsang, "A Simple Method for Generating Gamma
    /// Variables", 2000), for a shape of at least 1.
    mutating func gamma(mean: Double, shape: Double) -> Double {
        precondition(shape >= 1, "The method needs a shape of 1 or more.")
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            if log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) {
                return d * v * mean / shape
            }
        }
    }

    /// The numbers 0 ..< count in random order.
    mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        generator.shuffle(&order)
        return order
    }
}

/// Samples indices in proportion to weights, by binary search in their running sum.
struct WeightedChoice: Sendable {
    private let indices: [Int32]
    private let sums: [Double]

    /// A choice of the indices with a weight above 0.
    init(_ weights: some Sequence<(index: Int, weight: Double)>) {
        var indices: [Int32] = []
        var sums: [Double] = []
        var sum = 0.0
        for (index, weight) in weights where weight > 0 {
            sum += weight
            indices.append(Int32(index))
            sums.append(sum)
        }
        self.indices = indices
        self.sums = sums
    }

    /// Whether no index has a weight above 0.
    var isEmpty: Bool { indices.isEmpty }

    /// A random index; the choice must not be empty.
    func draw(_ random: inout ShopRandom) -> Int {
        precondition(!isEmpty, "An index needs a weight above 0.")
        let target = random.uniform() * sums[sums.count - 1]
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        return Int(indices[low])
    }
}
