import ArgumentParser

/// `foretwin twin`.
struct TwinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "twin",
        abstract: "Look at the twin of a customer, take it out of the store, or erase it.",
        subcommands: [
            TwinShowCommand.self, TwinDiffCommand.self, TwinExportCommand.self,
            TwinEraseCommand.self,
        ])
}
