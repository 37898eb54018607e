import ArgumentParser
import PropertyGraph
import Shop
import TwinStorage

/// `foretwin context remove`.
struct ContextRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove what was added of one kind, everywhere or of one city.",
        discussion: """
            For example, to take back weather that was added under a wrong city:
              foretwin context remove --kind weather --city Berlin
            """)

    @Option(
        help: "What to remove.")
    var kind: ContextKind

    @Option(help: "Only what is said of this city; all of the kind unless given.")
    var city: String?

    @OptionGroup var storeOptions: StoreOptions

    func run() throws {
        let store = try storeOptions.open(.write)
        let count = try store.removeContext(kind, city: city)
        let place = city.map { " of \(printable($0))" } ?? ""
        print(
            count > 0
                ? "Removed: \(kind.rawValue)\(place), \(kind.counted(count))."
                : "There is nothing to remove: no \(kind.rawValue)\(place) is known.")
    }
}
