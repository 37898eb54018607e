import ArgumentParser
import PropertyGraph
import Shop
import TwinStorage

/// `foretwin context remove`.
struct ContextRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove the context of one kind, of one city or of all.",
        discussion: """
            For example, to take back weather that was added under a wrong city:
              foretwin context remove --kind weather --city Berlin
            """)

    @Option(
        help: "What to remove.")
    var kind: ContextKind

    @Option(help: "Only the context of this city. (default: all of the kind)")
    var city: String?

    @OptionGroup var storeOptions: StoreOptions

    func run() throws {
        let store = try storeOptions.open(.write)
        let count = try store.removeContext(kind, city: city)
        let location = city.map { " of \(printable($0))" } ?? ""
        print(
            count > 0
                ? "Removed: \(kind.rawValue)\(location), \(kind.counted(count))."
                : "There is nothing to remove: no \(kind.rawValue)\(location) is known.")
    }
}
