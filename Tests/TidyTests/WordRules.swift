/// Words that may not stand in code, or not everywhere.
enum WordRules {
    /// Marks of unfinished work, which should be an issue and not a comment.
    ///
    /// Put together so that this file may say them.
    static let unfinished = ["FIX" + "ME", "TO" + "DO", "X" + "XX"]

    private static let traps = [
        "try!": "throw on, or handle the error",
        "as!": "use as? and handle nil",
        "fatalError(": "throw an error for bad input; use precondition with a sentence for a "
            + "programmer's mistake",
    ]

    private static let systemRandomness = [
        "SystemRandomNumberGenerator", ".shuffled()", ".shuffle()", ".randomElement()",
    ]

    static func forbidden(_ file: SourceFile) -> [Finding] {
        inCode(of: file) { line in
            traps.sorted { $0.key < $1.key }.filter { line.contains(word: $0.key) }
                .map { "\($0.key) may stop the program; \($0.value)" }
        }
    }

    static func printing(_ file: SourceFile) -> [Finding] {
        guard !isAllowed(file, in: Layers.printing) else { return [] }
        return inCode(of: file) { line in
            ["print(", "debugPrint(", "dump("].filter { isFreeCall($0, in: line) }
                .map {
                    "\($0)…) belongs in \(ImportRules.names(Layers.printing)); "
                        + "return the text or log it"
                }
        }
    }

    static func clockAndRandomness(_ file: SourceFile) -> [Finding] {
        guard !isAllowed(file, in: Layers.clock) else { return [] }
        return inCode(of: file) { line in
            var messages: [String] = []
            if line.contains(word: "Date()") || line.contains(word: "Date.now") {
                messages.append("do not read the clock here; take the time as a parameter")
            }
            let isUnseededDraw = line.contains(word: ".random(in:") && !line.contains("using:")
            if isUnseededDraw || systemRandomness.contains(where: line.contains(word:)) {
                messages.append("do not draw the system's random numbers; take a seed")
            }
            return messages
        }
    }

    static func unfinishedWork(_ file: SourceFile) -> [Finding] {
        findings(in: file, lines: file.lines) { line in
            unfinished.filter(line.contains(word:))
                .map { "\($0): do it, or file an issue and delete the note" }
        }
    }

    /// Whether the target is one of those, and not a test of it.
    private static func isAllowed(_ file: SourceFile, in targets: Set<String>) -> Bool {
        guard !file.isTest, let target = file.target else { return false }
        return targets.contains(target)
    }

    /// Whether a line calls the function itself, and no method or declaration of that name.
    private static func isFreeCall(_ call: String, in line: String) -> Bool {
        line.columns(ofWord: call).contains { column in
            let before = String(decoding: Array(line.utf8)[..<column], as: UTF8.self)
            return !before.hasSuffix(".") && !before.hasSuffix("func ")
        }
    }

    private static func inCode(
        of file: SourceFile, _ messages: (String) -> [String]
    ) -> [Finding] {
        file.isSwift ? findings(in: file, lines: file.text.codeLines, messages) : []
    }

    private static func findings(
        in file: SourceFile, lines: [String], _ messages: (String) -> [String]
    ) -> [Finding] {
        lines.enumerated().flatMap { index, line in
            messages(line).map { file.finding(line: index + 1, $0) }
        }
    }
}
