import Foundation
import Learning
import Testing

@Suite("Files of embeddings")
struct EmbeddingFilesTests {
    private let embeddings = Embeddings(
        dimensions: 3, count: 2, vectors: [1, -0.5, 1e-20, 0.1, 123_456.79, -0])

    @Test(
        "word2vec text has a line for each item, with names of one word and numbers that read back")
    func text() throws {
        let names = ["tea 50 %\u{2003}x", "mug"]
        let text = String(decoding: embeddings.word2vecText(names: names), as: UTF8.self)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines[0] == ["2", "3"])
        #expect(lines.count == 3 && text.hasSuffix("\n"))
        #expect(lines.dropFirst().map { $0[0].removingPercentEncoding } == names)
        let numbers = lines.dropFirst().flatMap { $0.dropFirst().compactMap { Float($0) } }
        #expect(numbers == embeddings.vectors)
    }

    @Test("A .npy file has numpy's header, aligned, and the bytes of the numbers")
    func npy() throws {
        let bytes = [UInt8](embeddings.npy())
        #expect(Array(bytes.prefix(8)) == [0x93] + Array("NUMPY".utf8) + [1, 0])
        let length = Int(bytes[8]) | Int(bytes[9]) << 8
        #expect((10 + length) % 64 == 0)
        let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
        #expect(
            header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"))
        #expect(header.hasSuffix(" \n") || header.hasSuffix("}\n"))
        let values = stride(from: 10 + length, to: bytes.count, by: 4).map { start in
            Float(
                bitPattern: (0..<4).reduce(UInt32(0)) {
                    $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1)
                })
        }
        #expect(values == embeddings.vectors)
    }

    @Test("Files without vectors")
    func empty() {
        let none = Embeddings(dimensions: 4, count: 0, vectors: [])
        #expect(none.word2vecText(names: []) == Data("0 4\n".utf8))
        #expect(none.npy().count % 64 == 0)
    }
}
