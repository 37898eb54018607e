import LMDB

/// The labels, edge types and indexes of a store, and their codes on disk.
///
/// They are declared when a store is opened. A name keeps its code for ever, also if it is not
/// declared again.
struct Vocabulary: Sendable {
    private(set) var labelCodes: [Label: UInt16] = [:]
    private(set) var typeCodes: [EdgeType: UInt16] = [:]
    /// The codes of edge types by ``EdgeType/number``, 0 for none.
    ///
    /// An array, because every edge that is written needs a lookup.
    private var codes: [UInt16] = []
    /// Edge types by code.
    ///
    /// An array, because every edge that is read needs a lookup.
    private var types: [EdgeType?] = []
    private(set) var labels: [UInt16: Label] = [:]
    private(set) var indexes = Indexes()

    private static let labelPrefix = Array("label/".utf8)
    private static let typePrefix = Array("type/".utf8)

    /// Reads the vocabulary of a store, assigns codes to new names, and builds new indexes.
    init(
        declaring labels: [Label], _ types: [EdgeType], _ indexes: [PropertyIndex],
        in transaction: borrowing WriteTransaction, meta: Table, records: Table
    ) throws {
        try self.init(reading: transaction, meta: meta)
        for label in labels where labelCodes[label] == nil {
            let code = UInt16(labelCodes.count + 1)
            try Self.store(label.rawValue, Self.labelPrefix, code, transaction, meta)
            add(label, code)
        }
        for type in types where typeCodes[type] == nil {
            let code = UInt16(typeCodes.count + 1)
            try Self.store(type.rawValue, Self.typePrefix, code, transaction, meta)
            add(type, code)
        }
        for index in indexes {
            try self.indexes.declare(
                index.property, ofLabel: code(of: index.label), in: transaction, meta: meta,
                records: records)
        }
    }

    /// Reads the vocabulary of a store.
    init(reading transaction: borrowing some ReadingTransaction & ~Copyable, meta: Table) throws {
        for (name, code) in try Self.load(Self.labelPrefix, transaction, meta) {
            add(Label(rawValue: name), code)
        }
        for (name, code) in try Self.load(Self.typePrefix, transaction, meta) {
            add(EdgeType(rawValue: name), code)
        }
        indexes = try Indexes(reading: transaction, meta: meta)
    }

    func code(of label: Label) throws(GraphError) -> UInt16 {
        guard let code = labelCodes[label] else {
            throw GraphError(
                .undeclared,
                "The label \(label.rawValue) is not declared. Declare it when the store is opened.")
        }
        return code
    }

    func code(of type: EdgeType) throws(GraphError) -> UInt16 {
        let number = Int(type.number)
        guard number < codes.count, codes[number] > 0 else {
            throw GraphError(
                .undeclared,
                "The edge type \(type.rawValue) is not declared. "
                    + "Declare it when the store is opened.")
        }
        return codes[number]
    }

    func type(code: UInt16) throws(GraphError) -> EdgeType {
        guard Int(code) < types.count, let type = types[Int(code)] else {
            throw GraphError(.corrupt, "An edge has the unknown type \(code). Restore a backup.")
        }
        return type
    }

    func label(code: UInt16) -> Label? { labels[code] }

    private mutating func add(_ label: Label, _ code: UInt16) {
        labelCodes[label] = code
        labels[code] = label
    }

    private mutating func add(_ type: EdgeType, _ code: UInt16) {
        typeCodes[type] = code
        while types.count <= Int(code) { types.append(nil) }
        types[Int(code)] = type
        while codes.count <= Int(type.number) { codes.append(0) }
        codes[Int(type.number)] = code
    }

    /// Checks that names and codes map to each other.
    ///
    /// - Complexity: O(*n*) for *n* names.
    func checkInvariants() {
        precondition(labels.count == labelCodes.count, "Two labels share a code.")
        for (label, code) in labelCodes {
            precondition(code > 0 && labels[code] == label, "A label has another's code.")
        }
        precondition(types.count { $0 != nil } == typeCodes.count, "Two types share a code.")
        precondition(codes.count { $0 > 0 } == typeCodes.count, "A type has no code, or two.")
        for (type, code) in typeCodes {
            precondition(
                code > 0 && types[Int(code)] == type && codes[Int(type.number)] == code,
                "A type has another's code.")
        }
        indexes.checkInvariants()
    }

    private static func store(
        _ name: String, _ prefix: [UInt8], _ code: UInt16,
        _ transaction: borrowing WriteTransaction, _ meta: Table
    ) throws {
        var writer = ByteWriter()
        writer.appendUInt16(code)
        try transaction.put(
            writer.bytes, for: prefix + Array(name.utf8), in: meta)
    }

    private static func load(
        _ prefix: [UInt8], _ transaction: borrowing some ReadingTransaction & ~Copyable,
        _ meta: Table
    ) throws -> [(String, UInt16)] {
        var found: [(String, UInt16)] = []
        try transaction.scan(meta, prefix: prefix) { key, value in
            let name = String(
                decoding: Array(copying: key).dropFirst(prefix.count), as: UTF8.self)
            let code = try ByteReader.reading(value) { try $0.readUInt16() }
            found.append((name, code))
            return true
        }
        return found
    }
}
