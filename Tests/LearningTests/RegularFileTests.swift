import Foundation
import Testing

@testable import Learning

@Suite("Regular files")
struct RegularFileTests {
    @Test("A file is read up to its limit, and a longer one is refused")
    func limit() throws {
        try withFolder { folder in
            let path = folder + "/file"
            let content = Data((0..<5000).map { UInt8(truncatingIfNeeded: $0) })
            try content.write(to: URL(filePath: path))
            #expect(try RegularFile.contents(of: path, upTo: 5000) == content)
            let error = #expect(throws: LearningError.self) {
                try RegularFile.contents(of: path, upTo: 4999)
            }
            #expect(error?.code == .malformedFile && error?.message.contains(path) == true)
            try Data().write(to: URL(filePath: path))
            #expect(try RegularFile.contents(of: path, upTo: 0).isEmpty)
        }
    }

    @Test("Links, folders, pipes and what is not there are refused without waiting")
    func others() throws {
        try withFolder { folder in
            try Data("secret".utf8).write(to: URL(filePath: folder + "/file"))
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/link", withDestinationPath: folder + "/file")
            try #require(mkfifo(folder + "/pipe", 0o600) == 0)
            for (name, word) in [
                ("link", "symbolic link"), ("", "regular"), ("pipe", "regular"), ("none", "open"),
            ] {
                let error = #expect(throws: LearningError.self) {
                    try RegularFile.contents(of: folder + "/" + name, upTo: 100)
                }
                #expect(error?.code == .fileAccess, "\(name)")
                #expect(error?.message.contains(word) == true, "\(name): \(error?.message ?? "")")
            }
        }
    }
}

extension SafeTensorsTests {
    @Test("Shapes are looked at before any number is read, and all bytes are seen in their order")
    func checking() throws {
        try withFolder { folder in
            let path = folder + "/x"
            try SafeTensors.write(Self.tensors, metadata: ["a": "b"], to: path)
            var seen = Data()
            _ = try SafeTensors.read(
                from: path,
                checking: { (entries) throws(LearningError) in
                    #expect(entries.mapValues(\.shape) == Self.tensors.mapValues(\.shape))
                    #expect(entries["a"]?.kind == "F64" && entries["bytes"]?.kind == "U8")
                }, observing: { seen.append($0) })
            #expect(try Data(contentsOf: URL(filePath: path)) == seen)
            seen = Data()
            let error = #expect(throws: LearningError.self) {
                try SafeTensors.read(
                    from: path,
                    checking: { (_) throws(LearningError) in
                        throw LearningError(.wrongTensors, "not these")
                    }, observing: { seen.append($0) })
            }
            #expect(error?.code == .wrongTensors && error?.message.contains("not these") == true)
            let header = seen[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect(seen.count == 8 + header)
        }
    }

    @Test("A file shorter than its own length field, and a symbolic link, are errors")
    func shortOrLinked() throws {
        try withFolder { folder in
            for count in 0..<8 {
                let path = folder + "/short"
                try Data(repeating: 0, count: count).write(to: URL(filePath: path))
                let error = #expect(throws: LearningError.self) {
                    try SafeTensors.read(from: path)
                }
                #expect(error?.code == .malformedFile && error?.message.contains("bytes") == true)
            }
            try SafeTensors.write(Self.tensors, metadata: [:], to: folder + "/file")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/link", withDestinationPath: "file")
            let error = #expect(throws: LearningError.self) {
                try SafeTensors.read(from: folder + "/link")
            }
            #expect(error?.code == .fileAccess)
        }
    }
}
