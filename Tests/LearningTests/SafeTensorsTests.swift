import Foundation
import Testing

@testable import Learning

/// Runs `body` with a fresh folder that is removed afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "foretwin-learning-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path(percentEncoded: false))
}

@Suite("safetensors files")
struct SafeTensorsTests {
    static let tensors: [String: Tensor] = [
        "b": Tensor(shape: [2, 3], [1, -2, 3.5, .leastNonzeroMagnitude, 0, 1e38]),
        "a": Tensor(shape: [2], .f64([1.5, -2.25])),
        "scalar": Tensor(shape: [], [7]),
        "none": Tensor(shape: [0, 4], [Float]()),
        "i": Tensor(shape: [2], .i32([.min, .max])),
        "l": Tensor(shape: [1, 2], .i64([.min, .max])),
        "bytes": Tensor(shape: [3], .u8([0, 127, 255])),
    ]

    @Test("Written tensors are read again, and the same content gives the same bytes")
    func roundTrip() throws {
        try withFolder { folder in
            let metadata = ["name": "a \"quoted\"\n\\ name é", "empty": ""]
            let path = folder + "/x.safetensors"
            try SafeTensors.write(Self.tensors, metadata: metadata, to: path)
            let (tensors, read) = try SafeTensors.read(from: path)
            #expect(tensors == Self.tensors && read == metadata)
            let bytes = try Data(contentsOf: URL(filePath: path))
            let second = folder + "/y.safetensors"
            try SafeTensors.write(tensors, metadata: read, to: second)
            let again = try Data(contentsOf: URL(filePath: second))
            #expect(again == bytes)
            #expect(bytes[0] % 8 == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(left == ["x.safetensors", "y.safetensors"])
        }
    }

    @Test("A file is replaced atomically, and a file may have no tensors")
    func replace() throws {
        try withFolder { folder in
            let path = folder + "/x"
            try SafeTensors.write(Self.tensors, metadata: [:], to: path)
            try SafeTensors.write([:], metadata: [:], to: path)
            let (tensors, metadata) = try SafeTensors.read(from: path)
            #expect(tensors.isEmpty && metadata.isEmpty)
        }
    }

    @Test("Missing files and folders")
    func missing() throws {
        try withFolder { folder in
            let read = #expect(throws: LearningError.self) {
                try SafeTensors.read(from: folder + "/nothing")
            }
            #expect(read?.code == .fileAccess)
            let written = #expect(throws: LearningError.self) {
                try SafeTensors.write([:], metadata: [:], to: folder + "/no/such/folder")
            }
            #expect(written?.code == .fileAccess)
        }
    }

    @Test("Tensors outside the limits of the format are not written")
    func unwritable() throws {
        let one = Tensor(shape: [1], [1])
        let cases: [[String: Tensor]] = [
            ["": one], ["__metadata__": one],
            [String(repeating: "n", count: 257): one],
            ["deep": Tensor(shape: [1, 1, 1, 1, 1], [1])],
            Dictionary(uniqueKeysWithValues: (0...1_000).map { ("t\($0)", one) }),
        ]
        try withFolder { folder in
            for tensors in cases {
                let error = #expect(throws: LearningError.self) {
                    try SafeTensors.write(tensors, metadata: [:], to: folder + "/x")
                }
                #expect(error?.code == .wrongTensors)
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }

    /// A file of the given header text and data.
    private func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
        let text = Array(header.utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
    }

    private func entry(
        _ name: String = "a", _ kind: String = "F32", _ shape: String = "[1]",
        _ offsets: String = "[0,4]"
    ) -> String {
        "\"\(name)\":{\"dtype\":\"\(kind)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    private func read(_ bytes: [UInt8]) throws -> [String: Tensor] {
        try withFolder { folder in
            try Data(bytes).write(to: URL(filePath: folder + "/x"))
            return try SafeTensors.read(from: folder + "/x").tensors
        }
    }

    @Test("Headers with other spacing, order and escapes are read")
    func tolerated() throws {
        let four: [UInt8] = [0, 0, 128, 63]
        let headers = [
            "{\(entry())}", "{ \(entry()) }   ", "{\n\(entry())\n,\t\"__metadata__\" : {}}",
            "{\"\\u0061\":{\"data_offsets\":[0,4],\"dtype\":\"F32\",\"shape\":[ 1 ]}}",
        ]
        for header in headers {
            let tensors = try read(file(header, four))
            #expect(tensors == ["a": Tensor(shape: [1], [1])], "\(header)")
        }
        let smile = try read(file("{\(entry("\\ud83d\\ude00"))}", four))
        #expect(smile.keys.first == "😀")
    }

    @Test("A malformed header is an error and never a trap")
    func malformedHeader() throws {
        let four: [UInt8] = [0, 0, 128, 63]
        let many = (0...1_000).map { entry("t\($0)", "U8", "[0]", "[0,0]") }
            .joined(separator: ",")
        let cases: [(String, [UInt8])] = [
            ("empty file", []), ("short length", [1, 2, 3]),
            ("length only", file("")), ("length 1", file("{")),
            ("length beyond file", [255, 0, 0, 0, 0, 0, 0, 0, 123, 125]),
            ("length beyond Int", [255, 255, 255, 255, 255, 255, 255, 255, 123, 125]),
            ("length beyond limit", file("{}" + String(repeating: " ", count: 1 << 20))),
            ("no object", file("[]")), ("leading space", file(" {}")),
            ("unclosed", file("{\(entry())", four)), ("trailing text", file("{}{}")),
            ("trailing comma", file("{\(entry()),}", four)),
            ("not UTF-8", file("{\"a~\":1}").map { $0 == 0x7E ? 0xFF : $0 }),
            ("bare word", file("{a:1}")), ("null", file("{\"a\":null}")),
            ("number", file("{\"a\":12}")), ("deep", file("{\"a\":{\"dtype\":{\"b\":{}}}}")),
            ("duplicate tensor", file("{\(entry()),\(entry())}", four)),
            ("duplicate key", file("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}")),
            ("duplicate metadata", file("{\"__metadata__\":{},\"__metadata__\":{}}")),
            ("duplicate metadata key", file("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}")),
            ("metadata not text", file("{\"__metadata__\":{\"k\":1}}")),
            ("no dtype", file("{\"a\":{\"shape\":[],\"data_offsets\":[0,0]}}")),
            ("no shape", file("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,0]}}")),
            ("no offsets", file("{\"a\":{\"dtype\":\"U8\",\"shape\":[0]}}")),
            ("unknown key", file("{\"a\":{\"x\":\"\"}}")),
            ("unknown dtype", file("{\(entry("a", "F8", "[1]"))}", four)),
            ("BF16", file("{\(entry("a", "BF16", "[2]"))}", four)),
            ("empty name", file("{\(entry(""))}", four)),
            ("long name", file("{\(entry(String(repeating: "n", count: 257)))}", four)),
            ("bad escape", file("{\(entry("\\x"))}", four)),
            ("bad hex", file("{\(entry("\\u00g0"))}", four)),
            ("lone surrogate", file("{\(entry("\\ud800"))}", four)),
            ("wrong surrogate", file("{\(entry("\\ud800\\u0041"))}", four)),
            ("low surrogate", file("{\(entry("\\udc00"))}", four)),
            ("control character", file("{\(entry("\u{1}"))}", four)),
            ("string at the end", file("{\"a")), ("escape at the end", file("{\"a\\")),
            ("hex at the end", file("{\"a\\u12")), ("too many tensors", file("{\(many)}")),
        ]
        try expectMalformed(cases)
    }

    @Test("Sizes, offsets and numbers that do not fit are errors and never a trap")
    func malformedSizes() throws {
        let four: [UInt8] = [0, 0, 128, 63]
        let cases: [(String, [UInt8])] = [
            ("rank 5", file("{\(entry("a", "F32", "[1,1,1,1,1]"))}", four)),
            ("negative", file("{\(entry("a", "F32", "[-1]"))}", four)),
            ("fraction", file("{\(entry("a", "F32", "[1.0]"))}", four)),
            ("exponent", file("{\(entry("a", "F32", "[1e0]"))}", four)),
            ("leading zero", file("{\(entry("a", "F32", "[01]"))}", four)),
            ("huge number", file("{\(entry("a", "F32", "[99999999999999999999]"))}", four)),
            ("shape overflow", file("{\(entry("a", "F32", "[4611686018427387904,4]"))}", four)),
            (
                "product overflow",
                file("{\(entry("a", "F32", "[4294967296,4294967296]", "[0,0]"))}")
            ),
            ("one offset", file("{\(entry("a", "F32", "[1]", "[4]"))}", four)),
            ("three offsets", file("{\(entry("a", "F32", "[1]", "[0,4,4]"))}", four)),
            ("offsets reversed", file("{\(entry("a", "F32", "[1]", "[4,0]"))}", four)),
            ("hole at start", file("{\(entry("a", "F32", "[1]", "[4,8]"))}", four + four)),
            (
                "overlap",
                file("{\(entry()),\(entry("b", "F32", "[1]", "[2,6]"))}", four + four)
            ),
            (
                "same offset twice", file("{\(entry()),\(entry("b"))}", four)
            ),
            (
                "hole between",
                file("{\(entry()),\(entry("b", "F32", "[1]", "[8,12]"))}", four + four + four)
            ),
            ("size mismatch", file("{\(entry("a", "F32", "[2]"))}", four)),
            ("beyond the end", file("{\(entry("a", "F32", "[2]", "[0,8]"))}", four)),
            ("data left over", file("{\(entry())}", four + [0])),
            ("data without tensors", file("{}", four)),
            ("NaN", file("{\(entry())}", [0, 0, 192, 127])),
            ("infinity", file("{\(entry())}", [0, 0, 128, 127])),
            (
                "NaN in 64 bits",
                file("{\(entry("a", "F64", "[1]", "[0,8]"))}", [0, 0, 0, 0, 0, 0, 248, 127])
            ),
        ]
        try expectMalformed(cases)
    }

    private func expectMalformed(_ cases: [(String, [UInt8])]) throws {
        for (name, bytes) in cases {
            let error = #expect(throws: LearningError.self, "\(name)") { try read(bytes) }
            #expect(error?.code == .malformedFile, "\(name)")
        }
    }

    @Test("No single changed or missing byte makes the reader trap")
    func mutations() throws {
        try withFolder { folder in
            let path = folder + "/x"
            try SafeTensors.write(Self.tensors, metadata: ["k": "v"], to: path)
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
            let header = Int(bytes[0]) + Int(bytes[1]) << 8
            for index in 8..<8 + header {
                for value in [0, 0x22, 0x39, 0x5C, 0x7B, 0xFF] as [UInt8] {
                    var changed = bytes
                    changed[index] = value
                    _ = try? SafeTensorsHeader(Array(changed[8..<8 + header]))
                }
            }
            for index in bytes.indices where index % 5 == 0 || index < 12 {
                var changed = bytes
                changed[index] ^= 0x41
                try Data(changed).write(to: URL(filePath: path))
                _ = try? SafeTensors.read(from: path)
            }
            for length in bytes.indices where length % 7 == 0 || length < 12 {
                try Data(bytes[..<length]).write(to: URL(filePath: path))
                #expect(throws: LearningError.self) { try SafeTensors.read(from: path) }
            }
        }
    }
}
