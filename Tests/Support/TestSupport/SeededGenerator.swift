/// A small generator whose whole state is its seed (SplitMix64), so that a failure can be replayed.
package struct SeededGenerator: RandomNumberGenerator {
    /// The seed of all that follows.
    package var state: UInt64

    /// Creates a generator.
    package init(seed: UInt64) { state = seed }

    /// 64 random bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from 0 to below a limit.
    package mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    /// One of some choices.
    package mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    /// True with a probability.
    package mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < probability
    }

    /// Random bytes, as many as one of `length`.
    package mutating func bytes(_ length: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: length, using: &self)).map { _ in
            UInt8.random(in: 0...255, using: &self)
        }
    }
}
