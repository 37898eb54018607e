/// The entry of one tensor in the header of a safetensors file.
package struct TensorEntry: Sendable, Equatable {
    /// The type of the elements, such as `F32`.
    package internal(set) var kind = ""
    /// The length along each dimension.
    package internal(set) var shape: [Int] = []
    var begin = 0
    var end = 0
}

/// A parser of the JSON header of a safetensors file.
///
/// It accepts the grammar of this header only, not general JSON. So nesting is bounded, keys are
/// unique, and each number is a non-negative integer.
struct SafeTensorsHeader {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var entries: [String: TensorEntry] = [:]
    private(set) var metadata: [String: String] = [:]

    /// Parses a whole header.
    ///
    /// - Throws: `LearningError` with `malformedFile` and the byte position.
    init(_ bytes: [UInt8]) throws(LearningError) {
        self.bytes = bytes
        guard bytes.first == UInt8(ascii: "{") else {
            throw failure("the header does not begin with {")
        }
        var sawMetadata = false
        try object { (header, name) throws(LearningError) in
            if name == "__metadata__" {
                guard !sawMetadata else { throw header.failure("two entries of metadata") }
                sawMetadata = true
                try header.parseMetadata()
            } else {
                try header.parseEntry(name)
            }
        }
        skipSpace()
        guard position == bytes.count else { throw failure("text after the header's object") }
    }

    func failure(_ what: String) -> LearningError {
        LearningError(
            .malformedFile, "Not a safetensors file: \(what), at header byte \(position).")
    }

    private mutating func parseMetadata() throws(LearningError) {
        try object { (header, key) throws(LearningError) in
            guard header.metadata[key] == nil else {
                throw header.failure("the metadata key \(key.debugDescription) comes twice")
            }
            guard header.metadata.count < SafeTensors.metadataCountMax else {
                throw header.failure("too many metadata entries")
            }
            header.metadata[key] = try header.string(limit: SafeTensors.metadataLengthMax)
        }
    }

    private mutating func parseEntry(_ name: String) throws(LearningError) {
        guard !name.isEmpty else { throw failure("a tensor without a name") }
        guard entries[name] == nil else {
            throw failure("the tensor \(name.debugDescription) comes twice")
        }
        guard entries.count < SafeTensors.tensorCountMax else {
            throw failure("more than \(SafeTensors.tensorCountMax) tensors")
        }
        var entry = TensorEntry()
        var seen: Set<String> = []
        try object { (header, key) throws(LearningError) in
            guard seen.insert(key).inserted else { throw header.failure("\(key) comes twice") }
            switch key {
            case "dtype":
                entry.kind = try header.string(limit: 16)
            case "shape":
                entry.shape = try header.integers(limit: SafeTensors.rankMax)
            case "data_offsets":
                let offsets = try header.integers(limit: 2)
                guard offsets.count == 2 else { throw header.failure("data_offsets is no pair") }
                (entry.begin, entry.end) = (offsets[0], offsets[1])
            default:
                throw header.failure("unknown key \(key.debugDescription)")
            }
        }
        guard seen.count == 3 else {
            throw failure("the tensor \(name.debugDescription) lacks dtype, shape or offsets")
        }
        entries[name] = entry
    }

    // MARK: the parts of JSON

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
        }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(LearningError) {
        guard accept(character) else { throw failure("expected \(character)") }
    }

    private mutating func object(
        _ member: (inout SafeTensorsHeader, String) throws(LearningError) -> Void
    ) throws(LearningError) {
        try expect("{")
        if accept("}") { return }
        repeat {
            let key = try string(limit: SafeTensors.nameLengthMax)
            try expect(":")
            try member(&self, key)
        } while accept(",")
        try expect("}")
    }

    private mutating func integers(limit: Int) throws(LearningError) -> [Int] {
        try expect("[")
        var result: [Int] = []
        if accept("]") { return result }
        repeat {
            guard result.count < limit else { throw failure("more than \(limit) numbers") }
            result.append(try integer())
        } while accept(",")
        try expect("]")
        return result
    }

    private mutating func integer() throws(LearningError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) = tenfold.addingReportingOverflow(Int(bytes[position] - 0x30))
            guard !overflow, !carry else { throw failure("a number is too large") }
            value = next
            position += 1
        }
        let length = position - start
        guard length > 0 else { throw failure("expected a non-negative integer") }
        guard length == 1 || bytes[start] != 0x30 else { throw failure("a leading zero") }
        return value
    }

    private mutating func string(limit: Int) throws(LearningError) -> String {
        try expect("\"")
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure("a string is not UTF-8")
                }
                return text
            }
            guard byte >= 0x20 else { throw failure("a control character in a string") }
            if byte == UInt8(ascii: "\\") {
                content += Array(String(try escape()).utf8)
            } else {
                content.append(byte)
            }
            guard content.count <= limit else {
                throw failure("a string is longer than \(limit) bytes")
            }
        }
        throw failure("a string does not end")
    }

    private mutating func escape() throws(LearningError) -> Unicode.Scalar {
        guard position < bytes.count else { throw failure("a string does not end") }
        let byte = bytes[position]
        position += 1
        let simple: [UInt8: Unicode.Scalar] = [
            0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n",
            0x72: "\r", 0x74: "\t",
        ]
        if let scalar = simple[byte] { return scalar }
        guard byte == UInt8(ascii: "u") else { throw failure("an unknown escape") }
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code) {
            guard position + 1 < bytes.count, bytes[position] == 0x5C, bytes[position + 1] == 0x75
            else {
                throw failure("half a surrogate pair")
            }
            position += 2
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(LearningError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("a string does not end") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("a bad \\u escape")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
