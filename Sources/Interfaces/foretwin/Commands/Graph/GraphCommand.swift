import ArgumentParser

/// `foretwin graph`.
struct GraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Look at the graphs: of one twin at any moment, or the one that all share.",
        discussion: """
            Without --twin the shared graph is looked at: the items, and which of them often \
            follow which (made by training). With --twin CUSTOMER it is what that customer did, \
            as it stands now or stood --as-of some moment.

            A node is written as Label:id, an item as its id alone, and the customer of a twin as \
            'me'. Weights have faded until the moment that is looked from: the store's newest \
            event unless given.
            """,
        subcommands: [
            GraphStatsCommand.self, GraphNodeCommand.self, GraphNeighboursCommand.self,
            GraphPathCommand.self, GraphTopCommand.self, GraphFindCommand.self,
            GraphIndexCommand.self, GraphExportCommand.self, GraphImportCommand.self,
        ])
}
