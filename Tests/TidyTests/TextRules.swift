/// Rules about bare text, for every kind of file.
enum TextRules {
    /// Beginnings of paths that exist on one machine only.
    ///
    /// Put together so that this file may name them.
    static let machinePaths = ["/ho" + "me/", "/ro" + "ot/", "/Use" + "rs/", "/wo" + "rk/"]

    static func machinePath(_ file: SourceFile) -> [Finding] {
        // Swift has FileManager's temporary folder; scripts have ${TMPDIR:-…} and mktemp.
        let temporary = file.isSwift ? ["/tm" + "p/"] : []
        return findings(file) { line in
            (machinePaths + temporary).first { isPath($0, in: line) }.map {
                "\($0)… is a path of one machine; take the path as a parameter or make a "
                    + "temporary folder"
            }
        }
    }

    static func whitespace(_ file: SourceFile) -> [Finding] {
        findings(file) { line in
            if line.utf8.contains(UInt8(ascii: "\t")) { return "a tab; indent with spaces" }
            if line.last?.isWhitespace == true { return "spaces at the end; delete them" }
            return nil
        }
    }

    static func endOfFile(_ file: SourceFile) -> [Finding] {
        let endings = file.lines.suffix(2)
        guard endings.last?.isEmpty != true || endings.first?.isEmpty == true else { return [] }
        return [file.finding(line: file.lines.count, "end the file with exactly one newline")]
    }

    /// Whether the path begins here, and is not the middle of a longer one or of an address.
    private static func isPath(_ path: String, in line: String) -> Bool {
        line.columns(ofWord: path).contains { column in
            guard column > 0 else { return true }
            let before = Array(line.utf8)[column - 1]
            return !isWordByte(before) && !".-}~/".utf8.contains(before)
        }
    }

    private static func findings(
        _ file: SourceFile, _ message: (String) -> String?
    ) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            message(line).map { file.finding(line: index + 1, $0) }
        }
    }
}
