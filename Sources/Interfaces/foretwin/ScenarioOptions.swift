import ArgumentParser
import Simulation
import Time

/// The options of a scenario.
struct ScenarioOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A price change of an item or a category: item-0012=-20%, \"category:Drinks=+10%\". "
                + "May be given several times.", valueName: "what=change"))
    var price: [String] = []

    @Option(
        help: ArgumentHelp(
            "An unavailable item. May be given several times.", valueName: "item"))
    var unavailable: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The precipitation of each day, in mm.", valueName: "mm"))
    var rain: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The mean temperature of each day.", valueName: "°C"))
    var temperature: Double?

    @Option(
        help: ArgumentHelp(
            "A kind of event that each day has, such as holiday.", valueName: "kind"))
    var event: [String] = []

    @Option(
        name: .customLong("no-event"),
        help: ArgumentHelp("A kind of event that no day has.", valueName: "kind"))
    var noEvent: [String] = []

    @Option(
        help: ArgumentHelp(
            "Items that customers are shown and look at now, in this order.",
            valueName: "item,…"))
    var show: String?

    @Option(
        help: ArgumentHelp(
            "The id of a past event to leave out. May be given several times.",
            valueName: "event"))
    var ignoreEvent: [String] = []

    @Option(
        help: ArgumentHelp(
            "The days of the changed prices, stock, weather and events. (default: all days of the "
                + "horizon)", valueName: "first..last"))
    var days: String?

    /// The scenario that the options make.
    func scenario() throws -> Scenario {
        var scenario = Scenario()
        scenario.prices = try price.map(Self.price)
        scenario.unavailable = Set(unavailable)
        scenario.precipitation = rain
        scenario.temperature = temperature
        scenario.addedEventKinds = Set(event.map { $0.lowercased() })
        scenario.removedEventKinds = Set(noEvent.map { $0.lowercased() })
        scenario.shownItems = (show ?? "").split(separator: ",").map(String.init)
        scenario.ignoredEvents = Set(ignoreEvent)
        scenario.days = try days.map(Self.days)
        guard scenario != Scenario() else {
            throw ValidationError(
                "Give a scenario: --price, --unavailable, --rain, --temperature, --event, "
                    + "--no-event, --show or --ignore-event.")
        }
        return scenario
    }

    /// Reads `item-0012=-20%` or `category:Drinks=+10%`.
    private static func price(_ text: String) throws -> Scenario.Price {
        let mistake = ValidationError(
            "--price is '\(text.prefix(80))'. Write what and by how much: item-0012=-20%, or "
                + "category:Drinks=+10%.")
        guard let equals = text.lastIndex(of: "="), text.hasSuffix("%"),
            let percent = Double(text[text.index(after: equals)...].dropLast()),
            percent.isFinite, percent > -100
        else { throw mistake }
        let name = String(text[..<equals])
        guard !name.isEmpty else { throw mistake }
        let prefix = "category:"
        return Scenario.Price(
            name.hasPrefix(prefix)
                ? .category(String(name.dropFirst(prefix.count))) : .item(name),
            factor: 1 + percent / 100)
    }

    /// Reads `2026-03-01..2026-03-07`, or one day.
    private static func days(_ text: String) throws -> ClosedRange<Int> {
        let parts = text.split(separator: ".", omittingEmptySubsequences: true)
        guard let first = parts.first.flatMap({ Day.number($0) }),
            let last = parts.count > 1 ? Day.number(parts[1]) : first, parts.count <= 2,
            first <= last
        else {
            throw ValidationError(
                "--days is '\(text.prefix(40))'. Write 2026-03-01..2026-03-07, or one day.")
        }
        return first...last
    }
}
