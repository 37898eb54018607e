/// The number of a twin in its store, from 0 in the order in which twins were created.
///
/// It is valid in one store only: another store numbers the same customers differently.
package struct TwinID: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number, 0 or more.
    package let rawValue: Int

    /// Creates an ID from its number.
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Orders twins by their creation.
    package static func < (left: TwinID, right: TwinID) -> Bool { left.rawValue < right.rawValue }
}

/// The pseudonym of a customer: the same in all stores that share a key.
package struct CustomerKey: RawRepresentable, Hashable, Sendable {
    /// 32 hexadecimal digits.
    package let rawValue: String

    /// Creates a key from a pseudonym.
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// Decides which part of a fleet, stream or cluster a customer belongs to.
///
/// It is the one rule for all of them, and depends on the customer's pseudonym alone. So two
/// machines agree on it whatever their stores hold.
package struct ShardKey: Hashable, Sendable {
    /// A hash of the pseudonym: one round of SplitMix64 for each of its bytes.
    package let hash: UInt64

    /// Hashes a pseudonym, digit by digit.
    package init(_ customer: CustomerKey) {
        var hash: UInt64 = 0
        for byte in customer.rawValue.utf8 {
            var mixed = (hash ^ UInt64(byte)) &+ 0x9E37_79B9_7F4A_7C15
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            hash = mixed ^ (mixed >> 31)
        }
        self.hash = hash
    }

    /// The number of the customer's part, from 0, of `count` parts.
    package func part(of count: Int) -> Int { Int(hash % UInt64(max(1, count))) }
}
