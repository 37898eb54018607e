import ArgumentParser
public import Shop

/// `foretwin context`.
struct ContextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Manage the weather, holidays, events, trends and offers of the store.",
        discussion: """
            Context comes from files that you download: foretwin makes no network connections. \
            Predictions ignore missing context.

              foretwin context add berlin.json --city Berlin
              foretwin context add holidays.ics
              foretwin context add concerts.ics --city Berlin --event-kind concert
              foretwin context add trends.csv offers.csv
              foretwin context show
            """,
        subcommands: [
            ContextAddCommand.self, ContextShowCommand.self, ContextRemoveCommand.self,
        ])
}

extension ContextKind: ExpressibleByArgument {}

extension ContextKind {
    /// What entries of the kind are called, with their number.
    func counted(_ count: Int) -> String {
        let noun =
            switch self {
            case .weather: "day"
            case .events: "event"
            case .trends: "level"
            case .offers: "offer"
            }
        return "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }
}
