import PropertyGraph
import TextFiles
import Time

/// The name of a node in files: its label and its external id.
struct NodeName: Hashable, Sendable {
    let label: String
    let id: String

    init(label: String, id: String) {
        self.label = label
        self.id = id
    }

    /// Decodes ``text``, such as `Item:coffee`.
    init(text: String) throws(Fault) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw Fault(.value, "a node's id has no label; write it as Label:id.")
        }
        label = TextEscape.decoded(String(text[..<colon]))
        id = TextEscape.decoded(String(text[text.utf8.index(after: colon)...]))
    }

    /// Label and id as one unique string, such as `Item:coffee`.
    var text: String {
        TextEscape.encoded(label, also: [UInt8(ascii: ":")]) + ":" + TextEscape.encoded(id)
    }

    // Compared by bytes: in Swift, canonically equivalent strings are equal.
    static func == (left: NodeName, right: NodeName) -> Bool {
        left.id.utf8.elementsEqual(right.id.utf8) && left.label.utf8.elementsEqual(right.label.utf8)
    }

    // Equal strings have equal hashes, so strings with the same bytes have too.
    func hash(into hasher: inout Hasher) {
        hasher.combine(label)
        hasher.combine(id)
    }
}

/// A record of a file.
enum InterchangeRecord {
    /// A label, in the order of the labels' codes in the store.
    case label(String)
    /// An edge type, in the order of the types' codes in the store.
    case edgeType(String)
    /// A node; without a graph it has only an external id, and gets the next index of its label.
    case node(NodeName, graph: GraphID?, [String: Property])
    /// An edge of a graph.
    case edge(NamedEdge, graph: GraphID)
}

/// An edge with the names of its nodes and its type.
struct NamedEdge {
    var source: NodeName
    var type: String
    var target: NodeName
    var weight: Double
    var count: UInt64
    var first: Timestamp
    var last: Timestamp
    var properties: [String: Property]
}

/// The kind of a property, with its name in files.
enum PropertyKind: String, CaseIterable {
    case string, int, double, bool, timestamp, vector
    /// A NaN with a payload, in 16 hexadecimal digits: other programs cannot read it as a number.
    case doubleBits = "double-bits"

    init(_ property: Property) {
        self =
            switch property {
            case .string: .string
            case .int: .int
            case .double(let value): NumberText.isPlain(value) ? .double : .doubleBits
            case .bool: .bool
            case .timestamp: .timestamp
            case .vector: .vector
            }
    }
}

/// A property in formats that list all properties first.
struct PropertyColumn: Hashable, Comparable {
    let name: BytewiseString
    let kind: PropertyKind

    static func < (left: PropertyColumn, right: PropertyColumn) -> Bool {
        left.name == right.name
            ? left.kind.rawValue < right.kind.rawValue : left.name < right.name
    }
}

extension Dictionary where Key == String, Value == Property {
    /// The properties in the order of files: by the bytes of their names.
    var inFileOrder: [(key: String, value: Property)] {
        count < 2 ? Array(self) : sorted { BytewiseString($0.key) < BytewiseString($1.key) }
    }

    /// Adds a property of a file; an error if it exists.
    mutating func add(_ name: String, _ property: Property) throws(Fault) {
        guard updateValue(property, forKey: name) == nil else {
            throw Fault(.value, "a property is given twice; keep one of them.")
        }
    }
}
