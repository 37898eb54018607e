import Foundation
import Time

@testable import Shop
@testable import ShopFormats

/// Events and items, as files and as bodies of requests.
extension FuzzTarget {
    static let ingestTargets = [
        FuzzTarget(name: "event-lines", seeds: [Array(lines.utf8)]) { bytes in
            let inFile = try withFile(bytes, named: "events.jsonl") { path in
                try reading({ $0 is TwinsError }) { try events(path, .jsonLines) }
            }
            let inBody = try reading({ $0 is TwinsError }) {
                try EventJSON.read(Data(bytes), layout: .lines)
            }
            guard let inFile, let inBody else { return }
            try promise(
                inFile == inBody.compactMap { try? $0.get() },
                "a file of lines and a body of lines hold other events")
        },
        FuzzTarget(name: "event-json", seeds: documents.map { Array($0.utf8) }) { bytes in
            for layout in EventJSON.Layout.allCases {
                let results = try reading({ $0 is TwinsError }) {
                    try EventJSON.read(Data(bytes), layout: layout)
                }
                for case .success(let event) in results ?? [] { try check(event) }
            }
        },
        FuzzTarget(name: "event-csv", seeds: [Array(csv.utf8)]) { bytes in
            let found = try withFile(bytes, named: "events.csv") { path in
                try reading({ $0 is TwinsError }) { try events(path, .csv) }
            }
            for event in found ?? [] { try check(event) }
        },
        FuzzTarget(name: "items", seeds: [Array(items.utf8), Array(itemLines.utf8)]) { bytes in
            try withFile(bytes, named: "items") { path in
                _ = try reading({ $0 is TwinsError }) {
                    var reader = try ItemReader(path: path)
                    while let item = try reader.next() { _ = item }
                }
            }
        },
    ]

    private static func events(_ path: String, _ format: RecordFormat) throws -> [Event] {
        var reader = try EventReader(path: path, format: format)
        var events: [Event] = []
        while let line = try reader.next() {
            if case .event(let event, _) = line { events.append(event) }
        }
        return events
    }

    /// An event that was accepted is within all limits, and is the same when it is written and
    /// read.
    private static func check(_ event: Event) throws {
        let texts = [event.userID, event.itemID, event.eventID, event.city].compactMap(\.self)
        try promise(
            texts.allSatisfy { $0.utf8.count <= Limits.idByteCountMax }, "an id is too long")
        try promise(
            (Timestamp.accepted.lowerBound.rawValue...Timestamp.accepted.upperBound.rawValue)
                .contains(event.timestamp.rawValue),
            "a time is out of its range")
        let numbers = [event.price, event.quantity, event.dwellSeconds].compactMap(\.self)
        try promise(
            numbers.allSatisfy { (0...Limits.amountMax).contains($0) }, "a number is out of range")
        let again = try EventJSON.read(Data(event.jsonLine.utf8), layout: .lines)
        try promise(
            again.count == 1 && (try? again[0].get()) == event,
            "the event \(event.jsonLine) is read otherwise")
    }

    private static let lines = """
        {"user_id":"u","item_id":"i","type":"view","timestamp":1772359200,"a":null,"b":true}
        {"event_id":7,"user_id":"é","type":"search","timestamp":"2026-03-01T10:00:00.5+01:00",\
        "query":"red \\"shoes\\"","city":"Wien","price":1.5,"Session-ID":"s"}

        {"user_id":"u","item_id":"i","type":"purchase","timestamp":20260301,"quantity":2}
        """

    private static let documents = [
        "[" + lines.split(separator: "\n").joined(separator: ",") + "]",
        "{\"events\":[{\"user_id\":\"u\",\"item_id\":\"i\",\"type\":\"view\",\"timestamp\":1}]}",
        """
        {"specversion":"1.0","id":"e1","source":"/shop","type":"shop.event","subject":"u",\
        "time":"2026-03-01T10:00:00Z","data":{"item_id":"i","type":"purchase"}}
        """,
    ]

    private static let csv = """
        event_id,user_id,item_id,type,timestamp,city,price,note
        e1,u,i,view,2026-03-01,Wien,1.5,"a ""quoted"", note"
        ,u,,search,1772359200000,,,
        e3,é,i,purchase,20260301,"Graz",1e3,x
        """

    private static let items = "item_id,name,price\ni,\"Milk, whole\",0.99\nj,Bread,2\n"
    private static let itemLines = "{\"item_id\":\"i\",\"name\":\"Milk\",\"price\":0.99}\n"
}
