import ArgumentParser

/// `foretwin twin`.
struct TwinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "twin",
        abstract:
            "Look at a customer's twin, set the consent, take it out of the store, or erase it.",
        subcommands: [
            TwinShowCommand.self, TwinDiffCommand.self, TwinExportCommand.self,
            TwinConsentCommand.self, TwinEraseCommand.self,
        ])
}
