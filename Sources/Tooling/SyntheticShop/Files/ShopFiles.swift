import Foundation
import Shop
import TextFiles
import Time

extension ShopGenerator {
    /// Writes `events.csv`, `items.csv` and `truth.json`, and the context into the folder
    /// `context`: `weather-<city>.json` in the format of Open-Meteo, `events.ics`, `trends.csv` and
    /// `offers.csv`, with a forecast of four weeks.
    ///
    /// The bytes depend on the configuration only. A missing folder is made. Each file appears
    /// under its name when it is complete, and replaces an older one.
    ///
    /// - Throws: ``ShopError`` with the code `file` if the folder or a file cannot be written.
    package func write(to folder: String) throws(ShopError) {
        try ShopError.ofFiles { () throws(FileError) in try Folders.make(folder + "/context") }
        try CSVFile.write(to: "\(folder)/items.csv", header: CSVFile.itemHeader) {
            file throws(FileError) in
            for item in items { try file.append(item) }
        }
        try CSVFile.write(to: "\(folder)/events.csv", header: CSVFile.eventHeader) {
            file throws(FileError) in
            for event in events() { try file.append(event) }
        }
        try FeedFiles(self).write(to: folder + "/context")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let data: Data
        do {
            data = try encoder.encode(truth)
        } catch {
            throw ShopError(.file, "The truth cannot be written: \(error.localizedDescription)")
        }
        try ShopError.ofFiles { () throws(FileError) in
            try AtomicFile.write(data, to: "\(folder)/truth.json")
        }
    }

    /// The names of all files of ``write(to:)``, relative to its folder.
    package static var fileNames: [String] {
        let cities = Assortment.cities.map { $0.lowercased() }
        return ["events.csv", "items.csv", "truth.json"]
            + (cities.flatMap { ["weather-\($0).json", "events-\($0).ics"] }
            + ["events.ics", "trends.csv", "offers.csv"]).map { "context/" + $0 }
    }
}

extension ShopError {
    /// Runs `body`, and converts a `FileError` to a `ShopError`.
    static func ofFiles(_ body: () throws(FileError) -> Void) throws(ShopError) {
        do throws(FileError) {
            try body()
        } catch {
            throw ShopError(.file, error.description)
        }
    }
}

/// A writer of a file of comma-separated values (RFC 4180, lines end with a line feed).
struct CSVFile {
    static let eventHeader =
        "user_id,item_id,type,timestamp,event_id,session_id,city,quantity,price,dwell,query,"
        + "basket_id"
    static let itemHeader = "item_id,name,category,brand,description,price"

    private static let flushByteCount = 1 << 20

    private let file: AtomicFile
    private var buffer: [UInt8] = []
    /// The day of the last event and its text, as a cache for the next event.
    private var date = (day: Int64(-1), text: "")

    /// Writes a file, which appears under its name when it is complete.
    static func write(
        to path: String, header: String, rows: (inout CSVFile) throws(FileError) -> Void
    ) throws(ShopError) {
        try ShopError.ofFiles { () throws(FileError) in
            var file = CSVFile(file: try AtomicFile(path))
            file.buffer.append(contentsOf: header.utf8)
            file.buffer.append(UInt8(ascii: "\n"))
            try rows(&file)
            try file.flush()
            try file.file.commit()
        }
    }

    private init(file: AtomicFile) { self.file = file }

    /// Adds the line of an event.
    mutating func append(_ event: Event) throws(FileError) {
        field(event.userID)
        field(event.itemID)
        field(event.type.name)
        field(event.timestamp)
        field(event.eventID)
        field(event.sessionID)
        field(event.city)
        field(event.quantity)
        field(event.price)
        field(event.dwellSeconds)
        field(event.query)
        field(event.basketID)
        try endLine()
    }

    /// Adds the line of an item.
    mutating func append(_ item: Item) throws(FileError) {
        field(item.itemID)
        field(item.name)
        field(item.category)
        field(item.brand)
        field(item.description)
        field(item.price)
        try endLine()
    }

    /// Adds a line of texts.
    mutating func append(_ fields: [String?]) throws(FileError) {
        for text in fields { field(text) }
        try endLine()
    }

    private mutating func field(_ text: String?) {
        CSVField.append(text ?? "", to: &buffer)
        buffer.append(UInt8(ascii: ","))
    }

    /// Adds a time in whole seconds, as ISO 8601.
    private mutating func field(_ time: Timestamp) {
        let (day, second) = time.seconds.quotientAndRemainder(dividingBy: 86_400)
        if day != date.day { date = (day, time.date) }
        buffer.append(contentsOf: date.text.utf8)
        for (mark, number) in [("T", second / 3600), (":", second / 60 % 60), (":", second % 60)] {
            buffer.append(contentsOf: mark.utf8)
            buffer.append(UInt8(48 + number / 10))
            buffer.append(UInt8(48 + number % 10))
        }
        buffer.append(contentsOf: "Z,".utf8)
    }

    /// Adds a number: integers without a fraction, others with the fewest exact digits.
    private mutating func field(_ number: Double?) {
        if let number {
            let text = Int(exactly: number).map(String.init) ?? number.description
            buffer.append(contentsOf: text.utf8)
        }
        buffer.append(UInt8(ascii: ","))
    }

    private mutating func endLine() throws(FileError) {
        buffer[buffer.count - 1] = UInt8(ascii: "\n")
        if buffer.count >= CSVFile.flushByteCount { try flush() }
    }

    private mutating func flush() throws(FileError) {
        try file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
