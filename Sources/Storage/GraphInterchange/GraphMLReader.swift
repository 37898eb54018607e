import PropertyGraph
import Time

/// Reads the files of ``GraphMLWriter``, also after networkx has rewritten them.
///
/// A key is identified by its `attr.name`, not by its id. Nodes must have ids such as
/// `Item:coffee`. Edges must have a type, weight, count, first and last. Undirected edges,
/// hyperedges, ports, graphs inside nodes and defaults of keys are errors.
struct GraphMLReader: InterchangeReader {
    private enum Key {
        case fixed(String)
        case property(String, PropertyKind)
    }

    /// The data of one node or edge.
    private struct Values {
        var fixed: [String: String] = [:]
        var properties: [String: Property] = [:]
    }

    private let path: String
    private var xml: XMLReader
    private var keys: [String: [String: Key]] = ["graph": [:], "node": [:], "edge": [:]]
    private var hasRoot = false
    private var graph: GraphID?
    private var pending: [InterchangeRecord] = []

    var location: (file: String, line: Int) { (path, xml.line) }

    init(path: String) throws(Fault) {
        self.path = path
        xml = try XMLReader(path: path)
    }

    mutating func next() throws(Fault) -> InterchangeRecord? {
        while true {
            if let record = pending.popLast() { return record }
            guard let event = try xml.next() else { return nil }
            switch event {
            case .start(let name, let attributes):
                if let record = try element(name, attributes) { return record }
            case .end(let name):
                if name == "graph" { graph = nil }
            case .text(let text):
                try Self.checkBlank(text)
            }
        }
    }

    private mutating func element(
        _ name: String, _ attributes: [String: String]
    ) throws(Fault) -> InterchangeRecord? {
        guard hasRoot else {
            guard name == "graphml" else {
                throw Fault(.syntax, "the outermost element is not graphml; name a GraphML file.")
            }
            hasRoot = true
            return nil
        }
        switch (name, graph) {
        case ("key", nil): try addKey(attributes)
        case ("graph", nil): try beginGraph(attributes)
        case ("desc", _): _ = try skipContents()
        case ("data", .some): try graphData(attributes)
        case ("node", .some(let graph)): return try node(attributes, graph)
        case ("edge", .some(let graph)): return try edge(attributes, graph)
        default:
            throw Fault(
                .syntax, "an element stands where no graph of this kind has it; remove it.")
        }
        return nil
    }

    private mutating func addKey(_ attributes: [String: String]) throws(Fault) {
        guard let id = attributes["id"], let name = attributes["attr.name"] else {
            throw Fault(.syntax, "a key lacks its id or attr.name; add it.")
        }
        guard try skipContents() else {
            throw Fault(
                .syntax, "a key has a default, which is not read; write it to each element.")
        }
        let domain = attributes["for"] ?? "all"
        for (element, reserved) in [
            ("graph", []), ("node", GraphMLWriter.nodeNames), ("edge", GraphMLWriter.edgeNames),
        ] where domain == element || domain == "all" {
            var key = Key.fixed(name)
            if element != "graph",
                let property = ReservedName.decoded(TextEscape.decoded(name), reserved)
            {
                key = .property(property, try Self.kind(attributes))
            }
            guard keys[element, default: [:]].updateValue(key, forKey: id) == nil else {
                throw Fault(.syntax, "two keys have the same id; rename one.")
            }
            try Bounds.checkColumns((keys[element]?.count ?? 0) - reserved.count)
        }
    }

    private static func kind(_ attributes: [String: String]) throws(Fault) -> PropertyKind {
        if let name = attributes["kind"], let kind = PropertyKind(rawValue: name) { return kind }
        switch attributes["attr.type"] {
        case "string": return .string
        case "int", "long": return .int
        case "float", "double": return .double
        case "boolean": return .bool
        default:
            throw Fault(
                .syntax,
                "a key's attr.type is none of boolean, int, long, float, double and string; "
                    + "correct it.")
        }
    }

    private mutating func beginGraph(_ attributes: [String: String]) throws(Fault) {
        guard attributes["edgedefault"] == "directed" else {
            throw Fault(.value, "a graph is not directed; set edgedefault to directed.")
        }
        guard let number = UInt64(attributes["id"] ?? "0") else {
            throw Fault(.value, "a graph's id is not a whole number of 0 or more; correct it.")
        }
        graph = GraphID(rawValue: number)
    }

    private mutating func graphData(_ attributes: [String: String]) throws(Fault) {
        var values = Values()
        try data(attributes, "graph", &values)
        for name in Self.list(values.fixed["edge_types"]).reversed() {
            pending.append(.edgeType(name))
        }
        for name in Self.list(values.fixed["labels"]).reversed() { pending.append(.label(name)) }
    }

    private mutating func node(
        _ attributes: [String: String], _ graph: GraphID
    ) throws(Fault) -> InterchangeRecord {
        guard let id = attributes["id"] else {
            throw Fault(.syntax, "a node has no id; write it as Label:id.")
        }
        let values = try values(of: "node")
        let name = try NodeName(text: id)
        var isRecorded = !values.properties.isEmpty
        if let text = values.fixed["recorded"], !isRecorded {
            isRecorded = try PropertyText.property(.bool, text) == .bool(true)
        }
        return .node(name, graph: isRecorded ? graph : nil, values.properties)
    }

    private mutating func edge(
        _ attributes: [String: String], _ graph: GraphID
    ) throws(Fault) -> InterchangeRecord {
        guard attributes["directed"] != "false" else {
            throw Fault(.value, "an edge is not directed; remove directed=\"false\".")
        }
        guard let source = attributes["source"], let target = attributes["target"] else {
            throw Fault(.syntax, "an edge has no source or no target; add it.")
        }
        let values = try values(of: "edge")
        guard let type = values.fixed["type"], let weight = Self.weight(values),
            let count = values.fixed["count"].flatMap({ UInt64($0) }),
            let first = values.fixed["first"].flatMap({ Int64($0) }),
            let last = values.fixed["last"].flatMap({ Int64($0) })
        else {
            throw Fault(
                .value,
                "an edge lacks its type, weight, count, first or last, or one is no number; "
                    + "correct it.")
        }
        return .edge(
            NamedEdge(
                source: try NodeName(text: source), type: TextEscape.decoded(type),
                target: try NodeName(text: target), weight: weight, count: count,
                first: Timestamp(rawValue: first), last: Timestamp(rawValue: last),
                properties: values.properties), graph: graph)
    }

    private static func weight(_ values: Values) -> Double? {
        guard let bits = values.fixed["weight_bits"] else {
            return values.fixed["weight"].flatMap { NumberText.double($0) }
        }
        return NumberText.double(bits: bits)
    }

    /// Reads the data inside a node or an edge, up to its end.
    private mutating func values(of element: String) throws(Fault) -> Values {
        var values = Values()
        while let event = try xml.next() {
            switch event {
            case .end: return values
            case .text(let text): try Self.checkBlank(text)
            case .start("data", let attributes): try data(attributes, element, &values)
            case .start("desc", _): _ = try skipContents()
            case .start:
                throw Fault(.syntax, "a \(element) holds something else than data; remove it.")
            }
        }
        return values
    }

    private mutating func data(
        _ attributes: [String: String], _ element: String, _ values: inout Values
    ) throws(Fault) {
        guard let key = keys[element]?[attributes["key"] ?? ""] else {
            throw Fault(.syntax, "data has no key for a \(element); declare it before the graph.")
        }
        var text = ""
        while let event = try xml.next() {
            switch event {
            case .end:
                return try add(text, key, &values)
            case .text(let more):
                text += more
                try Bounds.checkLine(text.utf8.count)
            case .start:
                throw Fault(.syntax, "data holds elements; only text is read.")
            }
        }
    }

    private func add(_ text: String, _ key: Key, _ values: inout Values) throws(Fault) {
        switch key {
        case .fixed(let name):
            guard values.fixed.updateValue(text, forKey: name) == nil else {
                throw Fault(.value, "data is given twice; keep one of them.")
            }
        case .property(let name, let kind):
            let plain = text.isEmpty ? "" : TextEscape.decoded(text)
            try values.properties.add(name, try PropertyText.property(kind, plain))
            try Bounds.checkProperties(values.properties.count)
        }
    }

    /// Skips the contents of an element whose start was read, up to its end.
    ///
    /// - Returns: Whether there were only white space and descriptions.
    private mutating func skipContents() throws(Fault) -> Bool {
        var isBlank = true
        var depth = 1
        while depth > 0, let event = try xml.next() {
            switch event {
            case .start(let name, _):
                depth += 1
                if name != "desc" { isBlank = false }
            case .end: depth -= 1
            case .text(let text):
                if depth == 1, !XMLReader.isBlank(text) { isBlank = false }
            }
        }
        return isBlank
    }

    private static func list(_ text: String?) -> [String] {
        // By scalars: a space and a combining accent after it are one `Character`.
        (text ?? "").unicodeScalars.split(separator: " ").map { TextEscape.decoded(String($0)) }
    }

    private static func checkBlank(_ text: String) throws(Fault) {
        guard XMLReader.isBlank(text) else {
            throw Fault(.syntax, "there is text outside of data; remove it.")
        }
    }
}
