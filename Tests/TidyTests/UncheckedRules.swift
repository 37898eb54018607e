/// What the compiler cannot check needs a reason in words, and stays in few places.
enum UncheckedRules {
    static func unsafe(_ file: SourceFile) -> [Finding] {
        guard file.isSwift else { return [] }
        return file.text.codeLines.indices.flatMap { findings(file, line: $0) }
    }

    private static func findings(_ file: SourceFile, line: Int) -> [Finding] {
        let code = file.text.codeLines[line]
        var found: [Finding] = []
        if let use = confinedUse(in: code), !Layers.unsafe.contains(file.target ?? "") {
            found.append(
                file.finding(
                    line: line + 1,
                    "\(use) may be used only in \(ImportRules.names(Layers.unsafe)); "
                        + "use a safe type, or add what is missing there"))
        }
        if let use = use(in: code), !hasReason(file, line: line) {
            found.append(
                file.finding(
                    line: line + 1,
                    "\(use) needs its reason in a comment on this line or the line above"))
        }
        return found
    }

    /// The unsafe thing that a line uses, if any.
    private static func use(in code: String) -> String? {
        let conformance = "@unchecked Sendable"
        return code.contains(conformance) ? conformance : confinedUse(in: code)
    }

    private static func confinedUse(in code: String) -> String? {
        if code.contains(word: "nonisolated(unsafe)") { return "nonisolated(unsafe)" }
        let functions: Set<String> = ["unsafeBitCast", "unsafeDowncast"]
        return identifiers(in: code).first { $0.contains("Unsafe") || functions.contains($0) }
    }

    private static func identifiers(in code: String) -> [String] {
        code.utf8.split { !isWordByte($0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a comment stands on the line or just above it.
    ///
    /// Attributes may stand between, and one comment is enough for consecutive lines with uses,
    /// such as the parameters of a function.
    private static func hasReason(_ file: SourceFile, line: Int) -> Bool {
        let text = file.text
        var current = line
        while true {
            if hasWords(text.commentLines[current]) { return true }
            guard current > 0 else { return false }
            let isCommentAbove = hasWords(text.commentLines[current - 1])
            let above = text.codeLines[current - 1]
            let isAttribute = above.split(separator: " ").first?.hasPrefix("@") == true
            guard isCommentAbove || isAttribute || use(in: above) != nil else { return false }
            current -= 1
        }
    }

    private static func hasWords(_ comment: String) -> Bool {
        comment.utf8.contains(where: isWordByte)
    }
}
