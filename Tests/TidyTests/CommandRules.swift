/// Libraries know of no command line: their texts name neither commands nor options.
///
/// A library says what went wrong and gives a `Remedy`; the command line words it as a command.
enum CommandRules {
    /// The files that still name some, with the number of lines.
    ///
    /// Shorten the list; never extend it.
    static let allowed: [String: Int] = [:]

    /// Lines whose texts name a command or an option, beyond what is allowed for the file.
    static func commandWords(_ file: SourceFile) -> [Finding] {
        let found = allCommandWords(file)
        let count = allowed[file.path] ?? 0
        if found.count < count {
            return [
                file.finding(
                    line: 1,
                    "only \(found.count) lines name commands or options; correct the number "
                        + "\(count) in CommandRules.allowed, or remove the entry")
            ]
        }
        return found.count > count ? found : []
    }

    /// Lines whose texts name a command or an option.
    static func allCommandWords(_ file: SourceFile) -> [Finding] {
        guard file.isSwift, !file.isTest, let target = file.target,
            !Layers.commandLines.contains(target)
        else { return [] }
        return file.text.textLines.enumerated().compactMap { index, line in
            guard let words = commandWords(in: line) else { return nil }
            return file.finding(
                line: index + 1,
                "'\(words)' is of the command line; give the error a Remedy, and word it in "
                    + "foretwin's Advice")
        }
    }

    /// The first command or option that the text of a line names.
    static func commandWords(in line: String) -> String? {
        // The first line of a Cypher script says what it is.
        let line = line.replacing("foretwin property graph", with: "")
        if line.contains(word: "foretwin ") { return "foretwin" }
        let options = line.matches(of: /(?:^|[^\w\-!])(--[a-z][a-z-]+)(:?)/)
        // Custom properties of style sheets look alike: `var(--ink)` and `--ink: black`.
        return options.first { match in
            let before = line[..<match.range.lowerBound]
            return match.2.isEmpty && !(before.hasSuffix("var") && match.0.hasPrefix("("))
        }.map { String($0.1) }
    }
}
