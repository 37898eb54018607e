import PropertyGraph
import TextFiles
import Time

/// A node as files name it: its label and its external id.
struct NodeName: Hashable, Sendable {
    let label: String
    let id: String

    init(label: String, id: String) {
        self.label = label
        self.id = id
    }

    /// Reads `Item:coffee`; what ``text`` wrote.
    init(text: String) throws(Fault) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw Fault(.value, "a node's id has no label; write it as Label:id.")
        }
        label = TextEscape.decoded(String(text[..<colon]))
        id = TextEscape.decoded(String(text[text.utf8.index(after: colon)...]))
    }

    /// Label and id in one text, `Item:coffee`, that no other node has.
    var text: String {
        TextEscape.encoded(label, also: [UInt8(ascii: ":")]) + ":" + TextEscape.encoded(id)
    }

    // Strings are equal in Swift when they look the same; names of nodes are told apart by bytes.
    static func == (left: NodeName, right: NodeName) -> Bool {
        left.id.utf8.elementsEqual(right.id.utf8) && left.label.utf8.elementsEqual(right.label.utf8)
    }

    // Strings that look the same have the same hash too, so those with the same bytes have.
    func hash(into hasher: inout Hasher) {
        hasher.combine(label)
        hasher.combine(id)
    }
}

/// What a file says, one thing at a time.
enum InterchangeRecord {
    /// A label that a store of this content needs, in the order of the labels' numbers.
    case label(String)
    /// An edge type that a store of this content needs, in the order of the types' numbers.
    case edgeType(String)
    /// A node; without a graph it only has a name, and takes the next number of its label.
    case node(NodeName, graph: GraphID?, [String: Property])
    /// An edge of a graph.
    case edge(NamedEdge, graph: GraphID)
}

/// An edge whose ends and type are named.
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

/// The kind of a property as files name it.
enum PropertyKind: String, CaseIterable {
    case string, int, double, bool, timestamp, vector
    /// A double that is not a number and has further bits set, in 16 hexadecimal digits: such a
    /// value has no text that other programs take for a number.
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

/// A property of some nodes or of some edges in formats that name them first.
struct PropertyColumn: Hashable, Comparable {
    let name: BytewiseString
    let kind: PropertyKind

    static func < (left: PropertyColumn, right: PropertyColumn) -> Bool {
        left.name == right.name
            ? left.kind.rawValue < right.kind.rawValue : left.name < right.name
    }
}

extension Dictionary where Key == String, Value == Property {
    /// The properties in the one order in which files have them.
    var inFileOrder: [(key: String, value: Property)] {
        count < 2 ? Array(self) : sorted { BytewiseString($0.key) < BytewiseString($1.key) }
    }

    /// Adds a property that a file names.
    mutating func add(_ name: String, _ property: Property) throws(Fault) {
        guard updateValue(property, forKey: name) == nil else {
            throw Fault(.value, "a property is given twice; keep one of them.")
        }
    }
}
