/// Makes random changes of kinds that often break readers; the seed determines all of them.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Tokens of the formats, and numbers at the limits of their types.
    private static let words: [[UInt8]] =
        [
            "\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ":", ",", "\n", "\r\n", "\t", "'",
            "<", ">", "&lt;", "<![CDATA[", "]]>", "<!DOCTYPE", "-1", "0", "1e999", "-0", "NaN",
            "inf",
            "9223372036854775807", "-9223372036854775808", "18446744073709551616", "null", "true",
            "20260229", "2026-13-01", "%00", "%2e%2e%2f", "%", "&", "=", ";", "\u{0}", "\u{FEFF}",
            "e\u{301}", "\u{10FFFF}", "//", "/*", "`", "$", "_x0000_",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x80], [UInt8](repeating: 0xFF, count: 9),
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0, 0, 0, 0, 0x80],
        ]

    /// A mutant of one of the seeds.
    mutating func mutant(of seeds: [[UInt8]]) -> [UInt8] {
        var bytes = seeds.randomElement(using: &self) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &self) { change(&bytes, seeds) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ seeds: [[UInt8]]) {
        let offset = Int.random(in: 0...bytes.count, using: &self)
        let end = min(bytes.count, offset + Int.random(in: 1...16, using: &self))
        switch Int.random(in: 0..<8, using: &self) {
        case 0 where offset < bytes.count:
            bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &self)
        case 1 where offset < bytes.count: bytes[offset] = UInt8.random(in: 0...255, using: &self)
        case 2: bytes.removeSubrange(offset..<end)
        case 3: bytes.insert(contentsOf: bytes[offset..<end], at: offset)
        case 4: bytes.removeSubrange(offset...)
        case 5:
            let other = seeds.randomElement(using: &self) ?? []
            let start = Int.random(in: 0...other.count, using: &self)
            bytes.replaceSubrange(offset..., with: other[start...])
        case 6:
            let word = Self.words.randomElement(using: &self) ?? []
            bytes.replaceSubrange(offset..<end, with: word)
        default:
            let word = Self.words.randomElement(using: &self) ?? []
            bytes.insert(contentsOf: word, at: offset)
        }
    }
}
