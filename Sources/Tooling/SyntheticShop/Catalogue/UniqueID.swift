/// Ids that do not reveal the customer, so that they can be stored with a pseudonym.
enum UniqueID {
    /// The kind of the identified thing.
    enum Kind: UInt64 { case event, session, basket }

    /// A letter and 13 base-32 digits, which fit into a `String` without allocation.
    ///
    /// It is unique within a shop: the finalizer of SplitMix64 (Steele, Lea and Flood 2014) is a
    /// bijection of 64 bits.
    static func text(_ kind: Kind, customer: Int, count: Int, seed: UInt64) -> String {
        precondition(
            customer < 1 << 24 && count < 1 << 38, "The parts of an id must fit their widths.")
        var bits = kind.rawValue << 62 | UInt64(customer) << 38 | UInt64(count)
        bits ^= seed &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        var text = [UInt8](repeating: letters[Int(kind.rawValue)], count: 14)
        for index in 1..<14 {
            text[index] = digits[Int(bits & 31)]
            bits >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let letters = Array("esb".utf8)
    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}
