import ArgumentParser
import Foundation
import SyntheticShop
import Time

/// The size of a made-up shop.
struct ShopOptions: ParsableArguments {
    @Option(help: "The number of customers.")
    var customers = 600

    @Option(help: "The number of items.")
    var items = 300

    @Option(help: "The number of days of events.")
    var days = 180

    @Option(help: ArgumentHelp("The first day.", valueName: "date"))
    var start = ShopGenerator.Configuration.defaultStart.date

    @Option(
        name: .customLong("shop-seed"), help: "The seed of everything that happens in the shop.")
    var shopSeed: UInt64 = 7

    func validate() throws {
        guard Timestamp(text: start) != nil else {
            throw ValidationError("--start is '\(start)'. Use a date such as 2026-01-01.")
        }
    }

    /// The shop that the options make.
    func shop() throws -> ShopGenerator {
        try ShopGenerator(
            .init(
                customers: customers, items: items, days: days, seed: shopSeed,
                start: Timestamp(text: start) ?? ShopGenerator.Configuration.defaultStart))
    }
}

/// `foretwin generate-shop`.
struct GenerateShopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate-shop",
        abstract: "Write the events and items of a made-up shop with known ground truth.",
        discussion: """
            Customers have tastes, staples that they buy in a rhythm, and habits that lead from \
            one item to another. Writes events.csv, items.csv and truth.json into a folder.
            """)

    @OptionGroup var options: ShopOptions

    @Option(name: .shortAndLong, help: "The folder to write to.")
    var output = "shop"

    func run() throws {
        let progress = ProgressBar()
        progress.show("generate", fraction: nil, detail: "\(options.customers) customers")
        try options.shop().write(to: output)
        progress.finish("\(output)/events.csv, items.csv and truth.json")
        print("Next: foretwin ingest \(output)/events.csv --items \(output)/items.csv")
    }
}
