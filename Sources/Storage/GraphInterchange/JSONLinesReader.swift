import PropertyGraph
import Time

/// Reads the files of ``JSONLinesWriter``, with the members of each object in any order.
///
/// Blank lines are skipped. The grammar has a fixed depth, so nested brackets cannot exhaust the
/// stack.
struct JSONLinesReader: InterchangeReader {
    private let path: String
    private var source: ByteSource
    private var lineNumber = 1
    private var hasHeader = false
    private var pending: [InterchangeRecord] = []

    var location: (file: String, line: Int) { (path, lineNumber) }

    init(path: String) throws(Fault) {
        self.path = path
        source = try ByteSource(path: path)
    }

    mutating func next() throws(Fault) -> InterchangeRecord? {
        while true {
            if let record = pending.popLast() { return record }
            lineNumber = source.line
            guard let line = try source.nextLine() else {
                guard hasHeader else { throw Self.noHeader }
                return nil
            }
            var scanner = TextScanner(line)
            guard scanner.peek() != nil else { continue }
            let object = try JSONObject(&scanner)
            if hasHeader { return try object.record() }
            pending = try object.vocabulary().reversed()
            hasHeader = true
        }
    }

    static let noHeader = Fault(
        .syntax,
        "the first line is not the header {\"foretwin\":\"property graph\",\"version\":1,…}; "
            + "name a file that was exported as JSON Lines.")
}

/// A line: all members that a record can have.
private struct JSONObject {
    private var foretwin: String?
    private var version: UInt64?
    private var labels: [String]?
    private var edgeTypes: [String]?
    private var node: NodeName?
    private var edge: String?
    private var from: NodeName?
    private var to: NodeName?
    private var graph: UInt64?
    private var weight: Double?
    private var count: UInt64?
    private var first: Int64?
    private var last: Int64?
    private var properties: [String: Property]?

    init(_ scanner: inout TextScanner) throws(Fault) {
        try scanner.expect("{")
        var isFirst = true
        while !scanner.accept(UInt8(ascii: "}")) {
            if !isFirst { try scanner.expect(",") }
            isFirst = false
            let name = try scanner.quoted(by: JSONValue.quote)
            try scanner.expect(":")
            try read(name, &scanner)
        }
        try scanner.expectEnd()
    }

    /// The labels and edge types of a header.
    func vocabulary() throws(Fault) -> [InterchangeRecord] {
        guard foretwin == "property graph", let version else { throw JSONLinesReader.noHeader }
        guard version == 1 else {
            throw Fault(
                .syntax, "the file has version \(version), and this program reads 1; use a newer.")
        }
        return (labels ?? []).map(InterchangeRecord.label)
            + (edgeTypes ?? []).map(InterchangeRecord.edgeType)
    }

    func record() throws(Fault) -> InterchangeRecord {
        let graphID = graph.map(GraphID.init(rawValue:))
        if let node {
            guard edge == nil else { throw Self.noRecord }
            guard (graph == nil) == (properties == nil) else {
                throw Fault(
                    .value, "a node has one of 'graph' and 'properties'; give both or none.")
            }
            return .node(node, graph: graphID, properties ?? [:])
        }
        guard let edge else { throw Self.noRecord }
        guard let from, let to, let graphID, let weight, let count, let first, let last,
            let properties
        else {
            throw Fault(
                .value,
                "an edge lacks one of 'from', 'to', 'graph', 'weight', 'count', 'first', 'last' "
                    + "and 'properties'; add it.")
        }
        return .edge(
            NamedEdge(
                source: from, type: edge, target: to, weight: weight, count: count,
                first: Timestamp(rawValue: first), last: Timestamp(rawValue: last),
                properties: properties), graph: graphID)
    }

    private static let noRecord = Fault(
        .value, "the line is neither a node nor an edge; it has 'node' or 'edge', and not both.")

    private mutating func read(_ name: String, _ scanner: inout TextScanner) throws(Fault) {
        switch name {
        case "foretwin": foretwin = try scanner.quoted(by: JSONValue.quote)
        case "version": version = try scanner.uint64()
        case "labels": labels = try JSONValue.texts(&scanner)
        case "edgeTypes": edgeTypes = try JSONValue.texts(&scanner)
        case "node": node = try JSONValue.node(&scanner)
        case "edge": edge = try scanner.quoted(by: JSONValue.quote)
        case "from": from = try JSONValue.node(&scanner)
        case "to": to = try JSONValue.node(&scanner)
        case "graph": graph = try scanner.uint64()
        case "weight": weight = try JSONValue.double(&scanner)
        case "count": count = try scanner.uint64()
        case "first": first = try scanner.int64()
        case "last": last = try scanner.int64()
        case "properties": properties = try JSONValue.properties(&scanner)
        default:
            throw Fault(.syntax, "the line has a member that no record has; remove it.")
        }
    }
}

/// Reads the values of members.
private enum JSONValue {
    static let quote = UInt8(ascii: "\"")

    static func texts(_ scanner: inout TextScanner) throws(Fault) -> [String] {
        var texts: [String] = []
        try scanner.expect("[")
        while !scanner.accept(UInt8(ascii: "]")) {
            if !texts.isEmpty { try scanner.expect(",") }
            texts.append(try scanner.quoted(by: quote))
            try Bounds.checkVocabulary(texts.count, byteCount: 0)
        }
        return texts
    }

    static func node(_ scanner: inout TextScanner) throws(Fault) -> NodeName {
        try scanner.expect("[")
        let label = try scanner.quoted(by: quote)
        try scanner.expect(",")
        let id = try scanner.quoted(by: quote)
        try scanner.expect("]")
        return NodeName(label: label, id: id)
    }

    static func double(_ scanner: inout TextScanner) throws(Fault) -> Double {
        let isText = scanner.peek() == quote
        let text = isText ? try scanner.quoted(by: quote) : scanner.word()
        guard let value = NumberText.double(text), value.isFinite != isText else {
            throw scanner.unexpectedToken("a number, \"INF\", \"-INF\" or \"NaN\"")
        }
        return value
    }

    static func properties(_ scanner: inout TextScanner) throws(Fault) -> [String: Property] {
        var properties: [String: Property] = [:]
        try scanner.expect("{")
        while !scanner.accept(UInt8(ascii: "}")) {
            if !properties.isEmpty { try scanner.expect(",") }
            let name = try scanner.quoted(by: quote)
            try scanner.expect(":")
            try properties.add(name, try property(&scanner))
            try Bounds.checkProperties(properties.count)
        }
        return properties
    }

    private static func property(_ scanner: inout TextScanner) throws(Fault) -> Property {
        switch scanner.peek() {
        case quote: return .string(try scanner.quoted(by: quote))
        case UInt8(ascii: "{"): return try kind(&scanner)
        case UInt8(ascii: "t") where scanner.accept("true"): return .bool(true)
        case UInt8(ascii: "f") where scanner.accept("false"): return .bool(false)
        default:
            guard let value = Int64(scanner.word()) else {
                throw scanner.unexpectedToken(
                    "a text, a whole number, true, false or {\"double\": …}")
            }
            return .int(value)
        }
    }

    /// Reads a value in an object with its kind.
    private static func kind(_ scanner: inout TextScanner) throws(Fault) -> Property {
        try scanner.expect("{")
        let kind = try scanner.quoted(by: quote)
        try scanner.expect(":")
        let property: Property
        switch kind {
        case "double": property = .double(try double(&scanner))
        case "timestamp": property = .timestamp(Timestamp(rawValue: try scanner.int64()))
        case "vector": property = .vector(try vector(&scanner))
        default: throw scanner.unexpectedToken("\"double\", \"timestamp\" or \"vector\"")
        }
        try scanner.expect("}")
        return property
    }

    private static func vector(_ scanner: inout TextScanner) throws(Fault) -> [Float] {
        var values: [Float] = []
        try scanner.expect("[")
        while !scanner.accept(UInt8(ascii: "]")) {
            if !values.isEmpty { try scanner.expect(",") }
            let isText = scanner.peek() == quote
            let text = isText ? try scanner.quoted(by: quote) : scanner.word()
            guard let value = NumberText.float(text), value.isFinite != isText else {
                throw scanner.unexpectedToken("a number, \"INF\", \"-INF\" or \"NaN\"")
            }
            values.append(value)
            try Bounds.checkVector(values.count)
        }
        return values
    }
}
