package import Foundation
import TextFiles

/// Files of named tensors in the safetensors format, which holds data only and no code.
///
/// Layout: the length of the header as 8 bytes (little-endian), a JSON header with dtype, shape and
/// byte offsets of each tensor, then the numbers without gaps. Each size is checked before memory
/// is allocated. Reading needs less than twice the memory of the file.
package enum SafeTensors {
    /// The longest header that is read or written: 1 MiB.
    package static let headerLengthMax = 1 << 20
    /// The largest file that is read: 8 GiB.
    package static let fileLengthMax = 8 << 30
    /// The most tensors of one file.
    package static let tensorCountMax = 1_000
    /// The longest name of a tensor in UTF-8 bytes.
    package static let nameLengthMax = 256
    /// The most dimensions of a tensor.
    package static let rankMax = 4
    /// The most metadata entries.
    package static let metadataCountMax = 1_000
    /// The longest metadata value in UTF-8 bytes.
    package static let metadataLengthMax = 1 << 16

    /// Writes a file atomically, readable by its owner only (mode 0600).
    ///
    /// The same tensors and metadata give the same bytes: tensors are in the order of their names.
    ///
    /// - Throws: `LearningError` with `fileAccess`, or `wrongTensors` if a limit is exceeded.
    package static func write(
        _ tensors: [String: Tensor], metadata: [String: String], to path: String
    ) throws(LearningError) {
        let header = try headerText(tensors, metadata)
        do throws(FileError) {
            let file = try AtomicFile(path)
            var start: [UInt8] = []
            appendLittleEndian(UInt64(header.count), to: &start)
            try file.write(start + header)
            for (_, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
                try file.write(bytes(of: tensor))
            }
            try file.commit()
        } catch {
            throw LearningError(.fileAccess, error.description)
        }
    }

    /// Reads a whole file; a symbolic link is an error.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - check: Receives the types and shapes of the tensors before any of them is read.
    ///   - observe: Receives all bytes of the file in order, for a checksum.
    /// - Returns: The tensors and the metadata by name.
    /// - Throws: `LearningError` with `fileAccess` if the file cannot be read, or `malformedFile`
    ///   if its content breaks a rule of the format or has a number that is not finite; and errors
    ///   of `check`.
    package static func read(
        from path: String,
        checking check: ([String: TensorEntry]) throws(LearningError) -> Void = { _ in },
        observing observe: (Data) -> Void = { _ in }
    ) throws(LearningError) -> (tensors: [String: Tensor], metadata: [String: String]) {
        let file: FileHandle
        do throws(FileError) {
            file = try RegularFile.handle(path)
        } catch {
            throw LearningError(.fileAccess, error.description)
        }
        defer { try? file.close() }
        do {
            return try read(file, check, observe)
        } catch let error as LearningError {
            throw LearningError(error.code, "\(path): \(error.message)")
        } catch {
            throw LearningError(.fileAccess, "Cannot read \(path): \(error).")
        }
    }

    private static func read(
        _ file: FileHandle, _ check: ([String: TensorEntry]) throws(LearningError) -> Void,
        _ observe: (Data) -> Void
    ) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
        let size = try file.seekToEnd()
        guard (8...UInt64(fileLengthMax)).contains(size) else {
            throw LearningError(
                .malformedFile,
                size < 8
                    ? "Not a safetensors file: it has only \(size) bytes."
                    : "The file is larger than 8 GiB.")
        }
        try file.seek(toOffset: 0)
        let prefix = try exactly(8, from: file, observe)
        let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length >= 2, length <= UInt64(headerLengthMax), length <= size - 8 else {
            throw LearningError(
                .malformedFile, "Not a safetensors file: its header cannot be \(length) bytes.")
        }
        let header = try SafeTensorsHeader(try exactly(Int(length), from: file, observe))
        let order = try checked(header.entries, dataLength: Int(size - 8 - length))
        try check(header.entries)
        var tensors: [String: Tensor] = [:]
        for (name, entry) in order {
            let bytes = try exactly(entry.end - entry.begin, from: file, observe)
            tensors[name] = try tensor(name, entry, bytes)
        }
        return (tensors, header.metadata)
    }

    private static func exactly(
        _ count: Int, from file: FileHandle, _ observe: (Data) -> Void
    ) throws -> [UInt8] {
        guard count > 0 else { return [] }
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let data = try file.read(upToCount: count - bytes.count), !data.isEmpty else {
                throw LearningError(.malformedFile, "The file ends too early.")
            }
            observe(data)
            bytes += data
        }
        return bytes
    }

    /// The entries in the order of the data, after checking that sizes fit and leave no gap.
    private static func checked(
        _ entries: [String: TensorEntry], dataLength: Int
    ) throws(LearningError) -> [(String, TensorEntry)] {
        let order = entries.sorted {
            ($0.value.begin, $0.value.end, $0.key) < ($1.value.begin, $1.value.end, $1.key)
        }
        var offset = 0
        for (name, entry) in order {
            guard let size = elementSizes[entry.kind] else {
                throw LearningError(
                    .malformedFile,
                    "Tensor \(name) has the unsupported dtype \(entry.kind.debugDescription).")
            }
            var bytes = size
            for dimension in entry.shape {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
                guard !overflow else {
                    throw LearningError(.malformedFile, "The shape of \(name) is too large.")
                }
                bytes = product
            }
            guard entry.begin == offset, entry.end >= entry.begin else {
                throw LearningError(
                    .malformedFile,
                    "Tensor \(name) begins at \(entry.begin) where \(offset) was expected."
                )
            }
            guard entry.end - entry.begin == bytes, entry.end <= dataLength else {
                throw LearningError(
                    .malformedFile,
                    "Tensor \(name) does not have the \(bytes) bytes that its shape needs.")
            }
            offset = entry.end
        }
        guard offset == dataLength else {
            throw LearningError(
                .malformedFile, "There are \(dataLength - offset) bytes after the last tensor.")
        }
        return order.map { ($0.key, $0.value) }
    }

    private static let elementSizes = ["F32": 4, "F64": 8, "I32": 4, "I64": 8, "U8": 1]

    private static func tensor(
        _ name: String, _ entry: TensorEntry, _ bytes: [UInt8]
    ) throws(LearningError) -> Tensor {
        let storage: Tensor.Storage
        var finite = true
        switch entry.kind {
        case "F32":
            let values = words32(bytes).map { Float(bitPattern: $0) }
            finite = values.allSatisfy(\.isFinite)
            storage = .f32(values)
        case "F64":
            let values = words64(bytes).map { Double(bitPattern: $0) }
            finite = values.allSatisfy(\.isFinite)
            storage = .f64(values)
        case "I32":
            storage = .i32(words32(bytes).map { Int32(bitPattern: $0) })
        case "I64":
            storage = .i64(words64(bytes).map { Int64(bitPattern: $0) })
        default:
            storage = .u8(bytes)
        }
        guard finite else {
            throw LearningError(
                .malformedFile, "Tensor \(name) holds a number that is not finite.")
        }
        return Tensor(shape: entry.shape, storage)
    }
}

// MARK: bytes

extension SafeTensors {
    private static func words32(_ bytes: [UInt8]) -> some Sequence<UInt32> {
        (0..<bytes.count / 4).lazy.map { index in
            let first = index * 4
            return UInt32(bytes[first]) | UInt32(bytes[first + 1]) << 8
                | UInt32(bytes[first + 2]) << 16 | UInt32(bytes[first + 3]) << 24
        }
    }

    private static func words64(_ bytes: [UInt8]) -> some Sequence<UInt64> {
        (0..<bytes.count / 8).lazy.map { index in
            var word: UInt64 = 0
            for position in (index * 8..<index * 8 + 8).reversed() {
                word = word << 8 | UInt64(bytes[position])
            }
            return word
        }
    }

    private static func appendLittleEndian<Word: FixedWidthInteger>(
        _ word: Word, to bytes: inout [UInt8]
    ) {
        var rest = word
        for _ in 0..<Word.bitWidth / 8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    private static func bytes(of tensor: Tensor) -> [UInt8] {
        var bytes: [UInt8] = []
        switch tensor.storage {
        case .f32(let values):
            bytes.reserveCapacity(values.count * 4)
            for value in values { appendLittleEndian(value.bitPattern, to: &bytes) }
        case .f64(let values):
            bytes.reserveCapacity(values.count * 8)
            for value in values { appendLittleEndian(value.bitPattern, to: &bytes) }
        case .i32(let values):
            for value in values { appendLittleEndian(value, to: &bytes) }
        case .i64(let values):
            for value in values { appendLittleEndian(value, to: &bytes) }
        case .u8(let values):
            bytes = values
        }
        return bytes
    }

    private static func headerText(
        _ tensors: [String: Tensor], _ metadata: [String: String]
    ) throws(LearningError) -> [UInt8] {
        guard tensors.count <= tensorCountMax, metadata.count <= metadataCountMax else {
            throw LearningError(.wrongTensors, "Too many tensors or metadata for one file.")
        }
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map {
                "\(quoted($0.key)):\(quoted($0.value))"
            }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, name != "__metadata__", name.utf8.count <= nameLengthMax,
                tensor.shape.count <= rankMax
            else {
                throw LearningError(
                    .wrongTensors,
                    "The tensor \(name.debugDescription) has a name or rank that the format "
                        + "does not allow.")
            }
            let (kind, size) = kind(of: tensor.storage)
            let end = offset + tensor.storage.count * size
            members.append(
                "\(quoted(name)):{\"dtype\":\"\(kind)\",\"shape\":["
                    + tensor.shape.map(String.init).joined(separator: ",")
                    + "],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
        guard text.count <= headerLengthMax else {
            throw LearningError(.wrongTensors, "The header would be longer than 1 MiB.")
        }
        return text
    }

    private static func kind(of storage: Tensor.Storage) -> (String, Int) {
        switch storage {
        case .f32: ("F32", 4)
        case .f64: ("F64", 8)
        case .i32: ("I32", 4)
        case .i64: ("I64", 8)
        case .u8: ("U8", 1)
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
