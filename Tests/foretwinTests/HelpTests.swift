import ArgumentParser
import Testing

@testable import foretwin

/// The help of each command.
@Suite struct HelpTests {
    /// A command, with its name from the root.
    private struct Named: CustomTestStringConvertible {
        let path: String
        let command: any ParsableCommand.Type

        var testDescription: String { path }
    }

    /// Commands none of whose options has a default.
    private static let withoutDefaults: Set<String> = ["graph import"]

    private static let commands = below(Foretwin.self, path: [])

    /// The commands that have no commands below them.
    private static let leaves = commands.filter { named in
        let command = named.command
        return command.configuration.subcommands.isEmpty
    }

    private static func below(
        _ command: any ParsableCommand.Type, path: [String]
    ) -> [Named] {
        command.configuration.subcommands.flatMap { child in
            let path = path + [child.configuration.commandName ?? "\(child)".lowercased()]
            return [Named(path: path.joined(separator: " "), command: child)]
                + below(child, path: path)
        }
    }

    private static func help(_ command: any ParsableCommand.Type) -> String {
        // Wide, so that no phrase is broken.
        Foretwin.helpMessage(for: command, columns: 10_000)
    }

    @Test func allCommandsAreFound() {
        let paths = Set(Self.commands.map(\.path))
        #expect(paths.count == Self.commands.count)
        #expect(paths.isSuperset(of: ["train", "backtest", "graph neighbours", "models list"]))
        #expect(!paths.contains("bench"))
        #expect(Self.withoutDefaults.isSubset(of: paths))
    }

    @Test(arguments: commands)
    private func itSaysWhatTheCommandDoesAndHowToCallIt(_ named: Named) {
        let help = Self.help(named.command)
        #expect(help.contains("OVERVIEW: \(named.command.configuration.abstract)"))
        #expect(!named.command.configuration.abstract.isEmpty)
        #expect(help.contains("USAGE: foretwin \(named.path)"))
    }

    @Test(arguments: leaves)
    private func itNamesDefaults(_ named: Named) {
        let help = Self.help(named.command)
        #expect(help.contains("OPTIONS:"))
        #expect(help.contains("default: ") != Self.withoutDefaults.contains(named.path))
    }

    @Test(arguments: [
        ("train", "(default: models/default)"), ("train", "default: if-good)"),
        ("train", "(values: if-good, always, never; "), ("train", "(default: 300)"),
        ("simulate", "(default: 500)"), ("simulate", "(default: 20)"),
        ("backtest", "(default: 7d,28d)"), ("backtest", "(default: 200)"),
        ("report", "(default: report.html)"), ("graph top", "(default: 20)"),
        ("graph neighbours", "(default: 100000)"), ("models prune", "(default: 10)"),
        ("ingest", "(default: graph-data/store)"), ("ingest", "(default: rejects.txt)"),
    ])
    func aDefaultIsTheOneOfTheDocuments(path: String, text: String) throws {
        let named = try #require(Self.commands.first { $0.path == path })
        #expect(Self.help(named.command).contains(text))
    }

    @Test func theRootExplainsExitCodes() {
        let help = Foretwin.helpMessage(columns: 10_000)
        for code in ["64 wrong usage", "65 the store is damaged", "75 another process has"] {
            #expect(help.contains(code))
        }
    }
}
