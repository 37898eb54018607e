import ArgumentParser

/// `foretwin graph`.
struct GraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Query graphs: that of one twin at any time, or the shared one.",
        discussion: """
            Without --twin the query is about the shared graph: items, and the transitions between \
            them that training found. With --twin CUSTOMER it is about the events of that \
            customer, now or --as-of a time.

            A node is written as Label:id, an item as its id alone, and the customer of a twin as \
            'me'. Weights are decayed to the time of the query, by default that of the newest \
            event.
            """,
        subcommands: [
            GraphStatsCommand.self, GraphNodeCommand.self, GraphNeighboursCommand.self,
            GraphPathCommand.self, GraphTopCommand.self, GraphFindCommand.self,
            GraphIndexCommand.self, GraphExportCommand.self, GraphImportCommand.self,
        ])
}
