/// Imports go one way: towards the layers that Package.swift lists first.
enum ImportRules {
    static func imports(_ file: SourceFile) -> [Finding] {
        guard file.isSwift, let target = file.target else { return [] }
        if !file.isTest, Layers.current[target] == nil {
            return [
                file.finding(
                    line: 1, "the target \(target) is in no layer; list it in Package.swift")
            ]
        }
        return file.text.codeLines.enumerated().compactMap { index, line in
            guard let module = importedModule(line), module != target,
                let reason = objection(to: module, in: target, isTest: file.isTest)
            else { return nil }
            return file.finding(line: index + 1, "\(target) imports \(module): \(reason)")
        }
    }

    /// The module of an import declaration, or nil for any other line.
    static func importedModule(_ line: String) -> String? {
        let words = line.split { $0 == " " || $0 == ";" }.map(String.init)
        guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
            words[..<place].allSatisfy(isImportPrefix)
        else { return nil }
        let kinds: Set<String> = [
            "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
        ]
        var name = words[place + 1]
        if kinds.contains(name), place + 2 < words.count { name = words[place + 2] }
        return name.split(separator: ".").first.map(String.init)
    }

    private static func isImportPrefix(_ word: String) -> Bool {
        let access: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
        return access.contains(word) || word.hasPrefix("@")
    }

    private static func objection(
        to module: String, in target: String, isTest: Bool
    ) -> String? {
        if Layers.httpPrefixes.contains(where: module.hasPrefix), !Layers.http.contains(target) {
            return "only \(names(Layers.http)) may know of HTTP; pass in what is needed from there"
        }
        guard Layers.current[module] != nil else { return nil }
        if module == "CLMDB", target != "LMDB" {
            return "only LMDB may touch the C library; use or extend LMDB's own types"
        }
        // A test may use what its target may use, and other targets to make its data.
        if isTest { return nil }
        let allowed = Layers.current[target]?.dependencies ?? []
        guard !allowed.contains(module) else { return nil }
        return "Package.swift does not list it as a dependency (it may import "
            + "\(allowed.isEmpty ? "none of the project's targets" : names(allowed))); "
            + "move the code, or pass a value in"
    }

    /// What no product vends nobody outside can import, so it is `package`.
    static func publicDeclarations(_ file: SourceFile) -> [Finding] {
        guard file.isSwift, !file.isTest, let target = file.target,
            !Layers.current.vended.contains(target)
        else { return [] }
        return file.text.codeLines.enumerated().compactMap { index, line in
            // A conformance to a public protocol, such as that of an option, needs a public import.
            line.split(separator: " ").contains("public") && importedModule(line) == nil
                ? file.finding(
                    line: index + 1, "no product vends \(target); write package instead of public")
                : nil
        }
    }

    static func names(_ targets: Set<String>) -> String {
        targets.sorted().joined(separator: ", ")
    }
}
