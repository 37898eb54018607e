import Foundation
import Testing

@testable import Learning

extension SafeTensorsTests {
    @Test("Shapes are checked before any number is read, and all bytes are observed in order")
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

    @Test("A file shorter than its length field, and a symbolic link, are errors")
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
