package import Foundation

/// Exports of the vectors for other programs.
extension Embeddings {
    /// The vectors in the text format of word2vec, which gensim's `KeyedVectors` reads.
    ///
    /// The first line has the number of vectors and their length. Each other line has a name and
    /// its numbers. A name must not have white space in this format, so white space and `%` are
    /// percent-encoded.
    ///
    /// - Parameter names: A name for each vector.
    /// - Returns: The text in UTF-8.
    package func word2vecText(names: [String]) -> Data {
        precondition(names.count == count, "Each vector needs a name.")
        var text = Data("\(count) \(dimensions)\n".utf8)
        for (item, name) in names.enumerated() {
            text.append(contentsOf: Self.encoded(name).utf8)
            for value in vector(item) { text.append(contentsOf: " \(value)".utf8) }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// The vectors as a `.npy` file: count × dimensions numbers, little-endian float32 in C order.
    ///
    /// The format is version 1.0 of numpy.lib.format.
    package func npy() -> Data {
        var header =
            "{'descr': '<f4', 'fortran_order': False, 'shape': (\(count), \(dimensions)), }"
        // The numbers must begin at a multiple of 64 bytes, after a line feed.
        let prefixLength = 10
        let padding = 63 - (prefixLength + header.utf8.count) % 64
        header += String(repeating: " ", count: padding) + "\n"
        var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
        data.append(UInt8(header.utf8.count & 0xFF))
        data.append(UInt8(header.utf8.count >> 8))
        data.append(contentsOf: header.utf8)
        data.reserveCapacity(data.count + 4 * vectors.count)
        for value in vectors {
            let bits = value.bitPattern
            for shift in [0, 8, 16, 24] as [UInt32] {
                data.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        return data
    }

    private static func encoded(_ name: String) -> String {
        var result = ""
        for character in name.unicodeScalars {
            if character == "%" || character.properties.isWhitespace {
                for byte in String(character).utf8 {
                    result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16).uppercased()
                }
            } else {
                result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
