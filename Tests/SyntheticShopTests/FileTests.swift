import Foundation
import Shop
import ShopFormats
import Testing
import TextFiles
import Time

@testable import SyntheticShop

/// Runs a test with a temporary folder.
private func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory
        .appendingPathComponent("shop-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
}

/// Reads a whole CSV text by RFC 4180, independently of the product's reader.
private func rows(_ text: String) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field = ""
    var isQuoted = false
    var characters = Array(text.unicodeScalars)[...]
    while let character = characters.popFirst() {
        switch character {
        case "\"" where isQuoted && characters.first == "\"":
            characters.removeFirst()
            field.unicodeScalars.append(character)
        case "\"": isQuoted.toggle()
        case "," where !isQuoted:
            row.append(field)
            field = ""
        case "\n" where !isQuoted:
            rows.append(row + [field])
            row = []
            field = ""
        default: field.unicodeScalars.append(character)
        }
    }
    return rows
}

@Suite struct FileTests {
    private let configuration = ShopGenerator.Configuration(
        customers: 15, items: 90, days: 20, seed: 21)

    private func files(_ configuration: ShopGenerator.Configuration) throws -> [String: Data] {
        try withFolder { folder in
            let shop = try ShopGenerator(configuration)
            try shop.write(to: folder + "/new/shop")
            var files: [String: Data] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/new/shop") {
                let url = URL(fileURLWithPath: "\(folder)/new/shop/\(name)")
                guard !url.hasDirectoryPath, name != "context" else { continue }
                files[name] = try Data(contentsOf: url)
            }
            return files
        }
    }

    @Test func sameSeedSameBytesAndOtherSeedOther() throws {
        let first = try files(configuration)
        #expect(Set(first.keys) == ["events.csv", "items.csv", "truth.json"])
        #expect(first == (try files(configuration)))
        var other = configuration
        other.seed += 1
        let second = try files(other)
        #expect(first["events.csv"] != second["events.csv"])
        #expect(first["truth.json"] != second["truth.json"])
    }

    @Test func eventFileHoldsTheEvents() throws {
        let text = String(decoding: try #require(files(configuration)["events.csv"]), as: UTF8.self)
        let table = rows(text)
        #expect(
            table.first == [
                "user_id", "item_id", "type", "timestamp", "event_id", "session_id", "city",
                "quantity", "price", "dwell", "query", "basket_id",
            ])
        let events = Array(try ShopGenerator(configuration).events())
        #expect(table.count == events.count + 1)
        for (row, event) in zip(table.dropFirst(), events) {
            #expect(row.count == 12)
            #expect(row[0] == event.userID && row[1] == event.itemID ?? "")
            #expect(row[2] == event.type.name && row[3] == event.timestamp.iso8601)
            #expect(row[4] == event.eventID && row[5] == event.sessionID && row[6] == event.city)
            #expect(Double(row[7]) == event.quantity && Double(row[8]) == event.price)
            #expect(Double(row[9]) == event.dwellSeconds)
            #expect(row[10] == event.query ?? "" && row[11] == event.basketID ?? "")
        }
    }

    @Test func itemFileKeepsNamesWithCommas() throws {
        let text = String(decoding: try #require(files(configuration)["items.csv"]), as: UTF8.self)
        let table = rows(text)
        let items = try ShopGenerator(configuration).items
        #expect(table.first == ["item_id", "name", "category", "brand", "description", "price"])
        #expect(table.count == items.count + 1)
        #expect(items.contains { $0.name.contains(",") })
        for (row, item) in zip(table.dropFirst(), items) {
            #expect(Array(row.prefix(3)) == [item.itemID, item.name, item.category])
            #expect(row[3] == item.brand && row[4] == item.description)
            #expect(Double(row[5]) == item.price)
        }
    }

    @Test func productReadsItsOwnFiles() throws {
        try withFolder { folder in
            let shop = try ShopGenerator(configuration)
            try shop.write(to: folder)
            var itemReader = try ItemReader(path: folder + "/items.csv")
            var items: [Item] = []
            while let line = try itemReader.next() { items.append(try line.get().item) }
            #expect(items == shop.items)

            var eventReader = try EventReader(path: folder + "/events.csv")
            var events: [Event] = []
            while let line = try eventReader.next() {
                guard case .event(let event, line: _) = line else {
                    Issue.record("rejected: \(line)")
                    continue
                }
                events.append(event)
            }
            #expect(events == Array(shop.events()))
        }
    }

    @Test func truthFileSurvivesReading() throws {
        let data = try #require(files(configuration)["truth.json"])
        let truth = try JSONDecoder().decode(ShopTruth.self, from: data)
        #expect(truth == (try ShopGenerator(configuration).truth))
        #expect(truth.configuration == configuration)
    }

    /// Other programs read the file, so its keys stay the same.
    @Test func truthFileHasItsKeys() throws {
        let data = try #require(files(configuration)["truth.json"])
        let truth = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(truth.keys) == [
                "clusters", "configuration", "couplings", "customers", "launchDays", "sequences",
                "tasteShare",
            ])
        let couplings = try #require(truth["couplings"] as? [String: Any])
        #expect(couplings["seasons"] is [String: Any] && couplings["rain"] is [String: Any])
        let customers = try #require(truth["customers"] as? [[String: Any]])
        let keys = Set(customers.flatMap(\.keys))
        #expect(
            keys.isSubset(of: [
                "city", "cluster", "leavesOnDay", "lookaheadDays", "priceLevel", "staples",
                "userID",
            ]))
        #expect(keys.contains("staples"))
    }

    @Test func olderFilesAreReplaced() throws {
        try withFolder { folder in
            try ShopGenerator(.init(customers: 30, items: 90, days: 30)).write(to: folder)
            try ShopGenerator(configuration).write(to: folder)
            let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/events.csv"))
            #expect(data == (try files(configuration)["events.csv"]))
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.count == 4, "\(names)")
        }
    }

    @Test func allFilesAreListed() throws {
        try withFolder { folder in
            try ShopGenerator(configuration).write(to: folder)
            let manager = FileManager.default
            let found = try manager.subpathsOfDirectory(atPath: folder).filter { $0 != "context" }
            #expect(found.sorted() == ShopGenerator.fileNames.sorted())
            for name in found {
                let attributes = try manager.attributesOfItem(atPath: "\(folder)/\(name)")
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
            }
        }
    }

    @Test func folderThatIsAFileIsAClearError() throws {
        try withFolder { folder in
            let path = folder + "/taken"
            try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            let shop = try ShopGenerator(configuration)
            let error = #expect(throws: ShopError.self) { try shop.write(to: path) }
            #expect(error?.code == .file)
            #expect(error?.description.contains(path) == true)
        }
    }

    @Test(arguments: ["events.csv", "items.csv", "truth.json"])
    func fileThatCannotBeReplacedIsAClearError(_ name: String) throws {
        try withFolder { folder in
            // A folder with content has the file's name.
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)/full", withIntermediateDirectories: true)
            let shop = try ShopGenerator(configuration)
            let error = #expect(throws: ShopError.self) { try shop.write(to: folder) }
            #expect(error?.code == .file)
            #expect(error?.description.contains(name) == true)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(!names.contains { $0.hasSuffix(".partial") })
        }
    }

    @Test(arguments: [
        "plain", "", "Ground coffee, dark roast 500 g", "6\" plate", "\"\"", ",", "a,\"b\",c",
        "two\nlines", "carriage\rreturn", "Ünïcode × 2", " blank ", "-18 °C",
    ])
    func quotingRoundTrips(_ text: String) {
        var bytes: [UInt8] = []
        CSVField.append(text, to: &bytes)
        bytes += Array(",".utf8)
        CSVField.append(text, to: &bytes)
        bytes += Array("\n".utf8)
        #expect(rows(String(decoding: bytes, as: UTF8.self)) == [[text, text]])
    }
}
