import Foundation

/// The counter-based random number generator Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011).
///
/// It has no state: the number at a position depends on seed, stream and position only. So work can
/// be split in any way and still uses the same numbers.
package struct Philox: Sendable, Equatable {
    /// The key.
    ///
    /// Different seeds give independent numbers.
    package let seed: UInt64
    /// One of the 2⁶⁴ independent sequences of a seed.
    package let stream: UInt64

    /// The numbers of `stream` under `seed`.
    package init(seed: UInt64, stream: UInt64 = 0) {
        self.seed = seed
        self.stream = stream
    }

    /// The 128 random bits at a position.
    @inlinable
    package func block(at position: UInt64) -> SIMD4<UInt32> {
        return Philox.block(
            counter: SIMD4(
                UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32),
                UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)),
            key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    }

    /// The first 64 random bits at a position.
    @inlinable
    package func bits(at position: UInt64) -> UInt64 {
        let random = block(at: position)
        return UInt64(random.y) << 32 | UInt64(random.x)
    }

    /// The uniform number in [0, 1) at a position, with 53 random bits.
    @inlinable
    package func uniform(at position: UInt64) -> Double {
        Double(bits(at: position) >> 11) * 0x1p-53
    }

    /// Ten rounds of Philox4x32 on a counter under a key: the function of the paper.
    @inlinable
    package static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var x = counter
        var k = key
        for _ in 0..<10 {
            let first = UInt64(0xD251_1F53) &* UInt64(x.x)
            let second = UInt64(0xCD9E_8D57) &* UInt64(x.z)
            x = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ x.y ^ k.x,
                UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ x.w ^ k.y,
                UInt32(truncatingIfNeeded: first))
            k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return x
    }
}

/// Philox as an ordinary generator that goes through one stream.
package struct PhiloxGenerator: RandomNumberGenerator, Sendable {
    private let numbers: Philox
    private var position: UInt64 = 0
    private var spare: UInt64?
    private var spareNormal: Double?

    /// A generator at the beginning of a stream.
    package init(seed: UInt64, stream: UInt64 = 0) {
        numbers = Philox(seed: seed, stream: stream)
    }

    /// The next 64 random bits.
    package mutating func next() -> UInt64 {
        if let bits = spare {
            spare = nil
            return bits
        }
        let block = numbers.block(at: position)
        position &+= 1
        spare = UInt64(block.w) << 32 | UInt64(block.z)
        return UInt64(block.y) << 32 | UInt64(block.x)
    }

    /// A uniform number in [0, 1).
    package mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number of the standard normal distribution (Box and Muller 1958).
    package mutating func normal() -> Double {
        if let value = spareNormal {
            spareNormal = nil
            return value
        }
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        spareNormal = radius * sin(angle)
        return radius * cos(angle)
    }

    /// A uniform integer in 0 ..< bound, without bias (Lemire 2019).
    ///
    /// The bound must be positive.
    package mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "A random integer needs a positive bound.")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// Puts the elements into random order (Fisher and Yates).
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, integer(below: last + 1))
        }
    }
}
