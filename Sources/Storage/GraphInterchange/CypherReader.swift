import PropertyGraph
import Time

/// Reads the statements that ``CypherWriter`` writes, and no others.
///
/// ```
/// script     = { line }                       a line has one statement or comment, or is empty
/// comment    = "// foretwin property graph 1" | "// label" name | "// edge type" name | "//" …
/// statement  = "MERGE" node [ "SET" "n" "+=" map ] ";"
///            | "MATCH" node "," node "MERGE" "(a)-[e:" name "]->(b)" "SET" "e" "+=" map ";"
/// node       = "(" variable ":" name "{" "graph:" number "," "id:" text "}" ")"
/// map        = "{" [ key ":" value { "," key ":" value } ] "}"
/// value      = text | number | "true" | "false" | list | "datetime({epochMillis:" number "})"
///            | "(1.0/0.0)" | "(-1.0/0.0)" | "(0.0/0.0)" [ "/*" bits "*/" ]
/// ```
///
/// Spaces between tokens are allowed. The first line must be the first comment above.
struct CypherReader: InterchangeReader {
    private let path: String
    private var source: ByteSource
    private var lineNumber = 1
    private var hasHeader = false

    var location: (file: String, line: Int) { (path, lineNumber) }

    init(path: String) throws(Fault) {
        self.path = path
        source = try ByteSource(path: path)
    }

    mutating func next() throws(Fault) -> InterchangeRecord? {
        while true {
            lineNumber = source.line
            guard let line = try source.nextLine() else {
                guard hasHeader else { throw Self.noHeader }
                return nil
            }
            var scanner = TextScanner(line)
            guard hasHeader else {
                guard scanner.accept("// foretwin property graph 1"), scanner.peek() == nil else {
                    throw Self.noHeader
                }
                hasHeader = true
                continue
            }
            if scanner.peek() == nil { continue }
            guard let record = try Self.record(&scanner) else { continue }
            try scanner.expectEnd()
            return record
        }
    }

    private static let noHeader = Fault(
        .syntax,
        "the first line is not '// foretwin property graph 1'; name a script that was exported.")

    private static func record(_ scanner: inout TextScanner) throws(Fault) -> InterchangeRecord? {
        if scanner.accept("// label") { return .label(try scanner.backticked()) }
        if scanner.accept("// edge type") { return .edgeType(try scanner.backticked()) }
        if scanner.accept("//") { return nil }
        if scanner.accept("MERGE") { return try node(&scanner) }
        if scanner.accept("MATCH") { return try edge(&scanner) }
        throw Fault(
            .syntax,
            "this is no statement that an export writes; only its MERGE and MATCH … MERGE are read."
        )
    }

    private static func node(_ scanner: inout TextScanner) throws(Fault) -> InterchangeRecord {
        let (name, graph) = try endpoint("n", &scanner)
        guard scanner.accept("SET") else {
            try scanner.expect(";")
            return .node(name, graph: nil, [:])
        }
        try scanner.expect(["n", "+="])
        let map = try map(CypherWriter.nodeNames, &scanner)
        try scanner.expect(";")
        guard map.fields.isEmpty else {
            throw Fault(.value, "a node's graph or id is set twice; keep the one before SET.")
        }
        return .node(name, graph: graph, map.properties)
    }

    private static func edge(_ scanner: inout TextScanner) throws(Fault) -> InterchangeRecord {
        let (source, graph) = try endpoint("a", &scanner)
        try scanner.expect(",")
        let (target, targetGraph) = try endpoint("b", &scanner)
        guard targetGraph == graph else {
            throw Fault(.value, "an edge joins two graphs; give both nodes the same graph.")
        }
        try scanner.expect(["MERGE", "(", "a", ")", "-", "[", "e", ":"])
        let type = try scanner.backticked()
        try scanner.expect(["]", "-", ">", "(", "b", ")", "SET", "e", "+="])
        let map = try map(CypherWriter.edgeNames, &scanner)
        try scanner.expect(";")
        guard let weight = map.fields["weight"]?.double, let count = map.count,
            let first = map.fields["first"]?.timestamp, let last = map.fields["last"]?.timestamp
        else {
            throw Fault(
                .value,
                "an edge lacks its weight, count, first or last, or one is of the wrong kind; "
                    + "correct it.")
        }
        return .edge(
            NamedEdge(
                source: source, type: type, target: target, weight: weight, count: count,
                first: first, last: last, properties: map.properties), graph: graph)
    }

    /// Reads a node in parentheses.
    private static func endpoint(
        _ variable: StaticString, _ scanner: inout TextScanner
    ) throws(Fault) -> (NodeName, GraphID) {
        try scanner.expect(["(", variable, ":"])
        let label = try scanner.backticked()
        try scanner.expect(["{", "graph", ":"])
        let graph = GraphID(rawValue: try scanner.uint64())
        try scanner.expect([",", "id", ":"])
        let id = try scanner.quoted(by: UInt8(ascii: "'"))
        try scanner.expect(["}", ")"])
        return (NodeName(label: label, id: id), graph)
    }

    private struct Map {
        var properties: [String: Property] = [:]
        /// Fields of the node or edge itself.
        var fields: [String: Property] = [:]
        /// Separate from `fields`, because it can exceed `Int64.max`.
        var count: UInt64?
    }

    private static func map(
        _ reserved: Set<String>, _ scanner: inout TextScanner
    ) throws(Fault) -> Map {
        var map = Map()
        var isFirst = true
        try scanner.expect("{")
        while !scanner.accept(UInt8(ascii: "}")) {
            if !isFirst { try scanner.expect(",") }
            isFirst = false
            if scanner.peek() == UInt8(ascii: "`") {
                let key = try scanner.backticked()
                try scanner.expect(":")
                guard let name = ReservedName.decoded(key, reserved) else {
                    throw Fault(
                        .value, "a property has a name of the script itself; add an underscore.")
                }
                try map.properties.add(name, try CypherValue.property(&scanner))
                try Bounds.checkProperties(map.properties.count)
            } else {
                let key = scanner.word()
                guard reserved.contains(key) else { throw scanner.unexpectedToken("a name in `") }
                try scanner.expect(":")
                if key == "count", map.count == nil {
                    map.count = try scanner.uint64()
                } else {
                    try map.fields.add(key, try CypherValue.property(&scanner))
                }
            }
        }
        return map
    }
}

/// Reads the values in maps.
private enum CypherValue {
    static func property(_ scanner: inout TextScanner) throws(Fault) -> Property {
        switch scanner.peek() {
        case UInt8(ascii: "'"): return .string(try scanner.quoted(by: UInt8(ascii: "'")))
        case UInt8(ascii: "["): return .vector(try vector(&scanner))
        case UInt8(ascii: "d"):
            try scanner.expect(["datetime", "(", "{", "epochMillis", ":"])
            let time = Timestamp(rawValue: try scanner.int64())
            try scanner.expect(["}", ")"])
            return .timestamp(time)
        case UInt8(ascii: "("):
            let text = try computed(&scanner)
            guard let value = NumberText.double(text) else {
                throw scanner.unexpectedToken("a NaN in 16 hexadecimal digits")
            }
            return .double(value)
        default:
            let word = scanner.word()
            if word == "true" { return .bool(true) }
            if word == "false" { return .bool(false) }
            if let value = Int64(word) { return .int(value) }
            guard let value = NumberText.double(word), value.isFinite else {
                throw scanner.unexpectedToken("a value")
            }
            return .double(value)
        }
    }

    /// Reads an expression that stands for a number without a literal.
    private static func computed(_ scanner: inout TextScanner) throws(Fault) -> String {
        if scanner.accept("(1.0/0.0)") { return "INF" }
        if scanner.accept("(-1.0/0.0)") { return "-INF" }
        try scanner.expect("(0.0/0.0)")
        guard scanner.accept("/*") else { return "NaN" }
        let bits = scanner.word()
        try scanner.expect("*/")
        return "NaN:" + bits
    }

    private static func vector(_ scanner: inout TextScanner) throws(Fault) -> [Float] {
        var values: [Float] = []
        try scanner.expect("[")
        while !scanner.accept(UInt8(ascii: "]")) {
            if !values.isEmpty { try scanner.expect(",") }
            let isComputed = scanner.peek() == UInt8(ascii: "(")
            let text = isComputed ? try computed(&scanner) : scanner.word()
            guard let value = NumberText.float(text), value.isFinite != isComputed else {
                throw scanner.unexpectedToken("a number with a point")
            }
            values.append(value)
            try Bounds.checkVector(values.count)
        }
        return values
    }
}
