import Foundation
import Shop
import Time

extension SyntheticShop {
    /// Writes `events.csv`, `items.csv` and `truth.json`, and into the folder `context` what the
    /// days are like: `weather-<city>.json` in the form of Open-Meteo, `events.ics`, `trends.csv`
    /// and `offers.csv`, with a forecast of four weeks.
    ///
    /// The bytes depend on the configuration alone. The folder is made when it is missing. Each
    /// file appears under its name when it is complete, in the place of an older one.
    ///
    /// - Throws: ``ShopError`` with the code `file` when the folder or a file cannot be written.
    package func write(to folder: String) throws(ShopError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder + "/context", withIntermediateDirectories: true)
        } catch {
            throw ShopError(
                .file,
                "Cannot make the folder \(folder): \(error.localizedDescription) Choose another "
                    + "folder.")
        }
        try CSVFile.write(to: "\(folder)/items.csv", header: CSVFile.itemHeader) { file in
            for item in items { try file.append(item) }
        }
        try CSVFile.write(to: "\(folder)/events.csv", header: CSVFile.eventHeader) { file in
            for event in events() { try file.append(event) }
        }
        try FeedFiles(self).write(to: folder + "/context")
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            let path = "\(folder)/truth.json"
            try encoder.encode(truth).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ShopError(
                .file,
                "Cannot write \(folder)/truth.json: \(error.localizedDescription) Make room or "
                    + "choose another folder.")
        }
    }
}

/// A file of comma-separated values (RFC 4180, lines end with a line feed) while it is written.
struct CSVFile {
    static let eventHeader =
        "user_id,item_id,type,timestamp,event_id,session_id,city,quantity,price,dwell,query,"
        + "basket_id"
    static let itemHeader = "item_id,name,category,brand,description,price"

    private static let flushByteCount = 1 << 20

    private let handle: FileHandle
    private var buffer: [UInt8] = []
    /// The day of the last event and its name, which the next event most likely shares.
    private var date = (day: Int64(-1), text: "")

    /// Writes a file under a temporary name and gives it its name when it is complete.
    static func write(
        to path: String, header: String, rows: (inout CSVFile) throws -> Void
    ) throws(ShopError) {
        let temporary = path + ".partial"
        do {
            guard FileManager.default.createFile(atPath: temporary, contents: nil) else {
                throw CocoaError(.fileWriteNoPermission)
            }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: temporary))
            defer { try? handle.close() }
            var file = CSVFile(handle: handle)
            file.buffer.append(contentsOf: header.utf8)
            file.buffer.append(UInt8(ascii: "\n"))
            try rows(&file)
            try file.flush()
            try handle.synchronize()
            guard rename(temporary, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw ShopError(
                .file,
                "Cannot write \(path): \(error.localizedDescription) Make room or choose another "
                    + "folder.")
        }
    }

    private init(handle: FileHandle) { self.handle = handle }

    /// Adds the line of an event.
    mutating func append(_ event: Event) throws {
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
    mutating func append(_ item: Item) throws {
        field(item.itemID)
        field(item.name)
        field(item.category)
        field(item.brand)
        field(item.description)
        field(item.price)
        try endLine()
    }

    /// Adds a line of texts.
    mutating func append(_ fields: [String?]) throws {
        for text in fields { field(text) }
        try endLine()
    }

    private mutating func field(_ text: String?) {
        CSVFile.quote(text ?? "", into: &buffer)
        buffer.append(UInt8(ascii: ","))
    }

    /// A moment in whole seconds since 1970, as ISO 8601.
    private mutating func field(_ moment: Timestamp) {
        let (day, second) = moment.seconds.quotientAndRemainder(dividingBy: 86_400)
        if day != date.day { date = (day, moment.date) }
        buffer.append(contentsOf: date.text.utf8)
        for (mark, number) in [("T", second / 3600), (":", second / 60 % 60), (":", second % 60)] {
            buffer.append(contentsOf: mark.utf8)
            buffer.append(UInt8(48 + number / 10))
            buffer.append(UInt8(48 + number % 10))
        }
        buffer.append(contentsOf: "Z,".utf8)
    }

    /// Whole numbers without a fraction, others in the fewest digits that give the same number.
    private mutating func field(_ number: Double?) {
        if let number {
            let text = Int(exactly: number).map(String.init) ?? number.description
            buffer.append(contentsOf: text.utf8)
        }
        buffer.append(UInt8(ascii: ","))
    }

    private mutating func endLine() throws {
        buffer[buffer.count - 1] = UInt8(ascii: "\n")
        if buffer.count >= CSVFile.flushByteCount { try flush() }
    }

    private mutating func flush() throws {
        try handle.write(contentsOf: buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Adds a field, in quotes when it holds a comma, a quote or the end of a line.
    static func quote(_ text: String, into bytes: inout [UInt8]) {
        let needsQuotes = text.utf8.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13
        }
        guard needsQuotes else {
            bytes.append(contentsOf: text.utf8)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
