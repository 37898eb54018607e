import Testing

@Suite struct SourceTextTests {
    @Test func commentsAndCodeComeApartInPlace() {
        let text = SourceText("let a = 1  // one\n/* two\n three */ let b = 2")
        #expect(text.codeLines == ["let a = 1        ", "      ", "          let b = 2"])
        #expect(text.commentLines == ["           // one", "/* two", " three */          "])
    }

    @Test(arguments: [
        (#"let a = "secret // {""#, #"let a = "           ""#),
        (#"f("a\"b", "c")"#, #"f("    ", " ")"#),
        (##"f(#"a"b\n"#)"##, ##"f(#"     "#)"##),
        (#"f("\(g("x") + 1) y")"#, #"f(" (g(" ") + 1)  ")"#),
        (##"f(#"\(a) \#(b)"#)"##, ##"f(#"       (b)"#)"##),
        (#"f("open"#, #"f("    "#),
    ])
    func textOfStringsIsBlankButInterpolatedCodeIsNot(source: String, code: String) {
        #expect(SourceText(source).codeLines == [code])
    }

    @Test func multilineStringsAreBlank() {
        let source = "let a = \"\"\"\n    print(\"x\") \\(value)\n    \"\"\"\nprint(a)"
        let code = SourceText(source).codeLines
        #expect(code[1].trimmed == "(value)")
        #expect(code[2].trimmed == "\"\"\"")
        #expect(code[3] == "print(a)")
    }

    @Test func commentsNest() {
        let text = SourceText("/* a /* b */ c */ d")
        #expect(text.codeLines[0].trimmed == "d")
    }

    @Test func linesAreKeptWhateverTheSource() {
        for source in ["", "\n", "\"\n", "/*\n", "\"\"\"\n\n", "\\(\n", "#\"\n", "\"\\(\n\"\n"] {
            let text = SourceText(source)
            let count = source.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(text.codeLines.count == count, "\(source.debugDescription)")
            #expect(text.commentLines.count == count, "\(source.debugDescription)")
        }
    }

    @Test(arguments: [
        ("try! x", "try!", true), ("retry! x", "try!", false), ("try x", "try!", false),
        ("init(x)", "init", true), ("initial", "init", false), ("x.print(", "print(", true),
        ("größe", "gr", false), ("", "x", false), ("x", "", false), ("a b", "b", true),
    ])
    func wordsHaveBoundaries(line: String, word: String, expected: Bool) {
        #expect(line.contains(word: word) == expected)
    }
}

extension String {
    fileprivate var trimmed: String {
        split(separator: " ").joined(separator: " ")
    }
}
