package import Shop

/// Splits one line of comma-separated values.
///
/// It follows RFC 4180, except that a record is always one line. So a stray quote cannot affect the
/// lines after it.
package enum CSV {
    /// The fields of a line.
    ///
    /// - Throws: ``Rejection`` for a quote that is not closed, or text that is not UTF-8.
    package static func fields(
        of line: ArraySlice<UInt8>, separator: UInt8, into fields: inout [String]
    ) throws(Rejection) {
        fields.removeAll(keepingCapacity: true)
        var start = line.startIndex
        while true {
            if start < line.endIndex, line[start] == UInt8(ascii: "\"") {
                let (field, next) = try quoted(line, from: start + 1, separator: separator)
                fields.append(field)
                guard let next else { return }
                start = next
            } else {
                let end = line[start...].firstIndex(of: separator) ?? line.endIndex
                fields.append(try text(line[start..<end]))
                guard end < line.endIndex else { return }
                start = end + 1
            }
        }
    }

    /// The separator of a header line: the most frequent of comma, semicolon and tab.
    static func separator(ofHeader line: ArraySlice<UInt8>) -> UInt8 {
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        let counts = candidates.map { candidate in line.count { $0 == candidate } }
        let best = counts.max() ?? 0
        return zip(candidates, counts).first { $0.1 == best }?.0 ?? UInt8(ascii: ",")
    }

    private static func quoted(
        _ line: ArraySlice<UInt8>, from start: Int, separator: UInt8
    ) throws(Rejection) -> (String, next: Int?) {
        var bytes: [UInt8] = []
        var index = start
        while index < line.endIndex {
            let byte = line[index]
            index += 1
            guard byte == UInt8(ascii: "\"") else {
                bytes.append(byte)
                continue
            }
            if index == line.endIndex { return (try text(bytes[...]), nil) }
            if line[index] == separator { return (try text(bytes[...]), index + 1) }
            guard line[index] == UInt8(ascii: "\"") else { break }
            bytes.append(byte)
            index += 1
        }
        throw Rejection(.quote, "close the quoted field on the same line, double quotes inside")
    }

    private static func text(_ bytes: ArraySlice<UInt8>) throws(Rejection) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Rejection(.encoding, "save the file as UTF-8")
        }
        return text
    }
}
