import Testing

/// Every rule fails on a bad snippet, names the line and the remedy, and passes a good one.
@Suite struct RuleTests {
    private func file(_ path: String, _ lines: String...) -> SourceFile {
        SourceFile(path: path, source: lines.joined(separator: "\n") + "\n")
    }

    private func lines(_ findings: [Finding]) -> [Int] { findings.map(\.line) }

    // Lengths

    @Test func aFileAtItsLimitPassesAndOneLongerFails() {
        for (path, limit) in [
            ("Sources/Twins/Shop/A.swift", 500), ("Tests/ShopTests/A.swift", 800),
        ] {
            let atLimit = SourceFile(path: path, source: String(repeating: "\n", count: limit))
            let over = SourceFile(path: path, source: String(repeating: "\n", count: limit + 1))
            #expect(LengthRules.fileLength(atLimit).isEmpty)
            let findings = LengthRules.fileLength(over)
            #expect(lines(findings) == [limit + 1])
            #expect(findings.first?.message.contains("split it") == true)
        }
    }

    @Test func aFunctionAtItsLimitPassesAndOneLongerFails() {
        for declaration in [
            "func f<T>(_ a: T = [{ 1 }]) -> T where T: X", "init?(a: Int)", "deinit",
        ] {
            func source(_ count: Int) -> SourceFile {
                let body = String(repeating: "    g()\n", count: count - 2)
                return file(
                    "Sources/Twins/Shop/A.swift", "struct A {", "\(declaration) {\n\(body)}", "}")
            }
            #expect(LengthRules.functionLength(source(70)).isEmpty, "\(declaration)")
            #expect(lines(LengthRules.functionLength(source(71))) == [2], "\(declaration)")
        }
    }

    @Test func functionsAreFoundWhereTheyAreAndNowhereElse() {
        let found = FunctionFinder(
            SourceText(
                """
                protocol P {
                    func required(a: Int) -> Int
                    init(b: Int)
                    var c: Int { get }
                    func last()
                }
                struct S: P {
                    init(b: Int) { self.init(c: b) }
                    func required(
                        a: Int
                    ) -> Int {
                        // } in a comment
                        let text = "} in a string"
                        return S.init(b: a).c
                    }
                    subscript(i: Int) -> Int { i }
                }
                """
            ).codeLines
        ).functions
        #expect(
            found == [
                FoundFunction(name: "init", firstLine: 8, lineCount: 1),
                FoundFunction(name: "required", firstLine: 9, lineCount: 7),
                FoundFunction(name: "subscript", firstLine: 16, lineCount: 1),
            ])
    }

    // Imports

    @Test(arguments: [
        ("Sources/Numerics/Learning/A.swift", "import TwinStorage", "move the code"),
        ("Sources/Numerics/Kernels/A.swift", "import Learning", "none of the project's targets"),
        ("Sources/Twins/Shop/A.swift", "public import Prediction", "does not list it"),
        ("Sources/Futures/Prediction/A.swift", "import LMDB", "does not list it"),
        ("Sources/Interfaces/foretwin/A.swift", "import LMDB", "does not list it"),
        ("Sources/Interfaces/Service/A.swift", "import Reports", "does not list it"),
        ("Sources/Twins/Shop/A.swift", "@preconcurrency import CLMDB", "use or extend LMDB"),
        ("Tests/ShopTests/A.swift", "import CLMDB", "use or extend LMDB"),
        ("Sources/Interfaces/Reports/A.swift", "import Hummingbird", "know of HTTP"),
        ("Sources/Twins/Shop/A.swift", "import NIOCore", "know of HTTP"),
        ("Sources/Twins/Shop/A.swift", "import struct NIOCore.ByteBuffer", "know of HTTP"),
        ("Tests/ReportsTests/A.swift", "import HummingbirdTesting", "know of HTTP"),
    ])
    func importsAgainstTheOrderFail(path: String, line: String, remedy: String) {
        let findings = ImportRules.imports(file(path, "import Foundation", line))
        #expect(lines(findings) == [2])
        #expect(findings.first?.message.contains(remedy) == true, "\(findings)")
    }

    @Test(arguments: [
        ("Sources/Storage/LMDB/A.swift", "import CLMDB"),
        ("Sources/Twins/TwinStorage/A.swift", "import LMDB"),
        ("Sources/Interfaces/Service/A.swift", "import Hummingbird"),
        ("Sources/Interfaces/foretwin/A.swift", "import Reports"),
        ("Tests/ServiceTests/A.swift", "import HummingbirdTesting"),
        ("Tests/ShopTests/A.swift", "@testable import TwinStorage"),
        ("Sources/Numerics/Learning/A.swift", "// import TwinStorage"),
        ("Sources/Numerics/Learning/A.swift", "let important = \"import TwinStorage\""),
        ("Package.swift", "import TwinStorage"),
    ])
    func importsInOrderPass(path: String, line: String) {
        #expect(ImportRules.imports(file(path, line)).isEmpty)
    }

    @Test func aTargetInNoLayerFails() {
        let findings = ImportRules.imports(file("Sources/Base/Attic/A.swift", "import Foundation"))
        #expect(findings.first?.message.contains("Package.swift") == true)
    }

    @Test func dependenciesAreListedBeforeTheirTarget() {
        #expect(Layers.current.targets.count > 15)
        #expect(Layers.current.backwardDependencies == [])
    }

    @Test func layersAreReadFromAManifest() {
        let layers = Layers(
            manifest: """
                let base = layer(
                    "Base",
                    [
                        .systemLibrary(name: "C", pkgConfig: "c"),
                        .target(
                            name: "B",
                            dependencies: ["A", "C", .product(name: "X", package: "x")])
                    ])
                let top = layer("Top", [.executableTarget(name: "A", dependencies: ["B"])
                    ])
                products: [.library(name: "B", targets: ["B", "C"])]
                """)
        #expect(layers.targets.map(\.name) == ["C", "B", "A"])
        #expect(layers.targets.map(\.layer) == ["Base", "Base", "Top"])
        #expect(layers["B"]?.dependencies == ["A", "C"])
        #expect(layers.backwardDependencies == ["B depends on A, which is listed after it"])
        #expect(layers.vended == ["B", "C"])
    }

    @Test func onlyWhatAProductVendsIsPublic() {
        let line = "public struct A {}"
        #expect(
            lines(ImportRules.publicDeclarations(file("Sources/Twins/Shop/A.swift", line))) == [1])
        for path in ["Sources/Storage/LMDB/A.swift", "Tests/ShopTests/A.swift"] {
            #expect(ImportRules.publicDeclarations(file(path, line)).isEmpty)
        }
    }

    // Words

    @Test(arguments: ["let a = try! f()", "let b = c as! D", "fatalError()", "g(\"\\(try! f())\")"])
    func trapsFail(line: String) {
        let findings = WordRules.forbidden(file("Sources/Interfaces/foretwin/A.swift", "", line))
        #expect(lines(findings) == [2])
    }

    @Test(arguments: [
        "let a = try? f()", "let b = c as? D", "// try! not", "let c = \"try! as! fatalError(\"",
        "precondition(a, \"b\")", "let has! = 1",
    ])
    func codeWithoutTrapsPasses(line: String) {
        #expect(WordRules.forbidden(file("Sources/Twins/Shop/A.swift", line)).isEmpty)
    }

    @Test func onlyTheCommandLineMayPrint() {
        let bad = ["print(1)", "    debugPrint(a)", "a.map { print($0) }", "dump(a)"]
        for line in bad {
            #expect(lines(WordRules.printing(file("Sources/Twins/Shop/A.swift", line))) == [1])
            #expect(lines(WordRules.printing(file("Tests/ShopTests/A.swift", line))) == [1])
            #expect(WordRules.printing(file("Sources/Interfaces/foretwin/A.swift", line)).isEmpty)
        }
        let good = ["out.print(1)", "func print(_ a: Int) {}", "fingerprint(a)", "// print(1)"]
        for line in good {
            #expect(WordRules.printing(file("Sources/Twins/Shop/A.swift", line)).isEmpty, "\(line)")
        }
    }

    @Test(arguments: [
        "throw E(\"Run 'foretwin train' first.\")", "let a = \"Run 'foretwin \"",
        "let a = \"give --store.\"", "let a = \"(--key)\"", "let a = \"--what-if is wrong\"",
        "let a = \"\\(path) is another --store\"",
    ])
    func librariesNameNoCommands(line: String) {
        let library = file("Sources/Twins/Shop/A.swift", "", line)
        #expect(lines(CommandRules.commandWords(library)) == [2])
        for path in [
            "Sources/Interfaces/foretwin/A.swift", "Sources/Tooling/foretwin-bench/A.swift",
            "Tests/ShopTests/A.swift",
        ] {
            #expect(CommandRules.commandWords(file(path, line)).isEmpty, "\(path)")
        }
    }

    @Test(arguments: [
        "let a = \"foretwin\"", "let a = \"// foretwin property graph 1\\n\"", "a = b --c",
        "// Run 'foretwin train' first, with --store.", "let a = \"var(--ink)\"",
        "let a = \"--ink: black\"", "let a = \"<!-- a -->\"", "let a = \"foretwin: failed\"",
        "let a = \"\\(f(foretwin + 1))\"",
    ])
    func textsWithoutCommandsPass(line: String) {
        #expect(CommandRules.commandWords(file("Sources/Twins/Shop/A.swift", line)).isEmpty)
    }

    @Test func theListOfAllowedFilesOnlyShrinks() throws {
        guard let (path, count) = CommandRules.allowed.first else { return }
        let line = "let a = \"Give --store.\""
        func findings(_ count: Int) -> [Finding] {
            let source = [String](repeating: line, count: count).joined(separator: "\n")
            return CommandRules.commandWords(SourceFile(path: path, source: source))
        }
        #expect(findings(count).isEmpty)
        #expect(findings(count + 1).count == count + 1)
        #expect(findings(count - 1).first?.message.contains("CommandRules.allowed") == true)
        let paths = try Set(SourceTree.files.get().map(\.path))
        #expect(Set(CommandRules.allowed.keys).isSubset(of: paths))
    }

    @Test func timeAndChanceComeFromOutside() {
        let bad = [
            "let now = Date()", "f(Date.now)", "var r = SystemRandomNumberGenerator()",
            "Int.random(in: 0..<9)", "list.shuffled()", "list.randomElement()",
        ]
        for line in bad {
            #expect(
                lines(WordRules.clockAndRandomness(file("Sources/Twins/Shop/A.swift", line))) == [1]
            )
            #expect(
                WordRules.clockAndRandomness(file("Sources/Interfaces/Service/A.swift", line))
                    .isEmpty)
            #expect(
                WordRules.clockAndRandomness(file("Sources/Interfaces/foretwin/A.swift", line))
                    .isEmpty)
        }
        let good = [
            "Date(timeIntervalSince1970: 0)", "list.shuffled(using: &random)",
            "Int.random(in: 0..<9, using: &random)", "update()", "// Date() is the clock",
        ]
        for line in good {
            #expect(WordRules.clockAndRandomness(file("Sources/Twins/Shop/A.swift", line)).isEmpty)
        }
    }

    @Test func unfinishedWorkFailsInEveryFile() {
        for word in WordRules.unfinished {
            for path in ["Sources/Twins/Shop/A.swift", "tools/test", "README.md"] {
                let findings = WordRules.unfinishedWork(file(path, "fine", "# \(word): later"))
                #expect(lines(findings) == [2])
            }
            let other = file("README.md", "\(word)S \(word.lowercased())")
            #expect(WordRules.unfinishedWork(other).isEmpty)
        }
    }

    // Unsafe

    @Test(arguments: [
        "let p: UnsafePointer<Int>", "a.withUnsafeBytes { f($0) }", "unsafeBitCast(a, to: B.self)",
        "nonisolated(unsafe) var a = 1",
    ])
    func unsafeCodeFailsElsewhereAndWithoutAReason(line: String) {
        let elsewhere = file("Sources/Twins/Shop/A.swift", "// C needs it.", line)
        #expect(
            UncheckedRules.unsafe(elsewhere).map(\.message).allSatisfy { $0.contains("only in") })
        #expect(lines(UncheckedRules.unsafe(elsewhere)) == [2])
        let unexplained = file("Sources/Storage/LMDB/A.swift", "// Far above.", "", line)
        #expect(lines(UncheckedRules.unsafe(unexplained)) == [3])
        #expect(UncheckedRules.unsafe(unexplained).first?.message.contains("reason") == true)
        #expect(
            UncheckedRules.unsafe(file("Sources/Storage/LMDB/A.swift", "// C needs it.", line))
                .isEmpty)
        #expect(UncheckedRules.unsafe(file("Tests/KernelsTests/A.swift", line + " // why")).isEmpty)
        #expect(
            lines(UncheckedRules.unsafe(file("Sources/Storage/LMDB/A.swift", line + "  //"))) == [1]
        )
    }

    @Test func uncheckedSendableNeedsAReasonAnywhere() {
        let line = "final class A: @unchecked Sendable {"
        #expect(lines(UncheckedRules.unsafe(file("Sources/Twins/Shop/A.swift", "", line))) == [2])
        let reasoned = file(
            "Sources/Twins/Shop/A.swift", "// @unchecked Sendable: behind a lock.", line)
        #expect(UncheckedRules.unsafe(reasoned).isEmpty)
    }

    @Test func oneReasonIsEnoughForConsecutiveLinesAndAttributesMayStandBetween() {
        let good = file(
            "Sources/Numerics/Kernels/A.swift", "// Hot loop.", "@inline(__always)", "func f(",
            "    // Rows of the caller's.", "    _ a: UnsafePointer<Float>,",
            "    _ b: UnsafePointer<Float>", ") {}")
        #expect(UncheckedRules.unsafe(good).isEmpty)
        let attributed = file(
            "Sources/Numerics/Kernels/A.swift", "// Hot loop.", "@inline(__always)",
            "func f(_ a: UnsafePointer<Float>) {}")
        #expect(UncheckedRules.unsafe(attributed).isEmpty)
        let bad = file(
            "Sources/Numerics/Kernels/A.swift", "// Rows.", "let a: UnsafePointer<Float>",
            "let n = 1",
            "let b: UnsafePointer<Float>")
        #expect(lines(UncheckedRules.unsafe(bad)) == [4])
    }

    @Test func unsafeInTextIsFine() {
        let lines = file(
            "Sources/Twins/Shop/A.swift", "let a = \"UnsafePointer\"  // UnsafePointer")
        #expect(UncheckedRules.unsafe(lines).isEmpty)
    }

    // Text

    @Test func pathsOfOneMachineFail() {
        for path in TextRules.machinePaths {
            for line in ["let a = \"\(path)me\"", "cd \(path)here", path] {
                let findings = TextRules.machinePath(file("tools/test", "", line))
                #expect(lines(findings) == [2], "\(line)")
            }
            #expect(TextRules.machinePath(file("README.md", "https://x.org\(path)a")).isEmpty)
            #expect(TextRules.machinePath(file("README.md", "$HOME\(path)a")).isEmpty)
        }
        let temporary = "\"/tm" + "p/a\""
        #expect(lines(TextRules.machinePath(file("Sources/Twins/Shop/A.swift", temporary))) == [1])
        #expect(TextRules.machinePath(file("README.md", temporary)).isEmpty)
    }

    @Test func tabsAndSpacesAtTheEndFail() {
        for line in ["\tlet a = 1", "let a = 1\t", "let a = 1 ", " "] {
            let findings = TextRules.whitespace(file("tools/test", "a", line))
            #expect(lines(findings) == [2], "\(line.debugDescription)")
        }
        #expect(TextRules.whitespace(file("tools/test", "a", "", "    b")).isEmpty)
    }

    @Test(arguments: ["let a = 1", "let a = 1\n\n", ""])
    func aFileThatDoesNotEndWithOneNewlineFails(source: String) {
        #expect(TextRules.endOfFile(SourceFile(path: "A.swift", source: source)).count == 1)
        let good = SourceFile(path: "A.swift", source: "let a = 1\n")
        #expect(TextRules.endOfFile(good).isEmpty)
    }

    @Test func aFindingReadsLikeACompilersMessage() {
        let finding = file("Sources/Twins/Shop/A.swift", "").finding(line: 3, "do this")
        #expect(finding.description == "Sources/Twins/Shop/A.swift:3: do this")
    }
}
