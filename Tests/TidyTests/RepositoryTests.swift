import Foundation
import Testing

/// The repository keeps its own rules.
///
/// Each finding says where it is and what to do.
@Suite struct RepositoryTests {
    @Test func theTreeIsFound() throws {
        let paths = try Set(SourceTree.files.get().map(\.path))
        #expect(paths.contains("Package.swift"))
        #expect(paths.contains("Tests/TidyTests/RepositoryTests.swift"))
        #expect(paths.contains { $0.hasPrefix("Sources/") && $0.hasSuffix(".swift") })
    }

    @Test func filesAreShort() throws { try check(LengthRules.fileLength) }
    @Test func functionsAreShort() throws { try check(LengthRules.functionLength) }
    @Test func importsGoOneWay() throws { try check(ImportRules.imports) }
    @Test func onlyProductsArePublic() throws { try check(ImportRules.publicDeclarations) }
    @Test func nothingTrapsOnPurpose() throws { try check(WordRules.forbidden) }
    @Test func onlyTheCommandLinePrints() throws { try check(WordRules.printing) }
    @Test func onlyTheCommandLineNamesCommands() throws { try check(CommandRules.commandWords) }
    @Test func timeAndChanceAreParameters() throws { try check(WordRules.clockAndRandomness) }
    @Test func nothingIsLeftUnfinished() throws { try check(WordRules.unfinishedWork) }
    @Test func unsafeCodeGivesItsReason() throws { try check(UncheckedRules.unsafe) }
    @Test func noPathIsOfOneMachine() throws { try check(TextRules.machinePath) }
    @Test func whitespaceIsTidy() throws { try check(TextRules.whitespace) }
    @Test func filesEndWithOneNewline() throws { try check(TextRules.endOfFile) }

    private func check(
        _ rule: (SourceFile) -> [Finding], location: SourceLocation = #_sourceLocation
    ) throws {
        let findings = try SourceTree.files.get().flatMap(rule)
        let list = findings.map(\.description).joined(separator: "\n")
        let isTidy = findings.isEmpty
        #expect(isTidy, "\(findings.count) findings\n\(list)", sourceLocation: location)
    }
}
