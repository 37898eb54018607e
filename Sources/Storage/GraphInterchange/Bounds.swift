import PropertyGraph

/// Checks the bounds of ``Interchange``.
///
/// Writers and readers make the same checks, so every exported file can be loaded.
enum Bounds {
    static func checkProperties(_ propertyCount: Int) throws(Fault) {
        guard propertyCount <= Interchange.propertyCountMax else {
            throw Fault(
                .limit,
                "a record has more than \(Interchange.propertyCountMax) properties; split it.")
        }
    }

    static func check(_ properties: [String: Property]) throws(Fault) {
        try checkProperties(properties.count)
        for case .vector(let values) in properties.values { try checkVector(values.count) }
    }

    static func checkVector(_ count: Int) throws(Fault) {
        guard count <= Interchange.vectorCountMax else {
            throw Fault(
                .limit,
                "a vector has more than \(Interchange.vectorCountMax) numbers; shorten it.")
        }
    }

    static func checkLine(_ byteCount: Int) throws(Fault) {
        guard byteCount <= Interchange.lineByteCountMax else {
            throw Fault(
                .limit, "a record has more than \(Interchange.lineByteCountMax) bytes; shorten it.")
        }
    }

    static func checkColumns(_ count: Int) throws(Fault) {
        guard count <= Interchange.columnCountMax else {
            throw Fault(
                .limit,
                "there are more than \(Interchange.columnCountMax) different properties; "
                    + "use JSON Lines, which needs no list of them.")
        }
    }

    static func checkVocabulary(_ count: Int, byteCount: Int) throws(Fault) {
        guard count <= Interchange.vocabularyCountMax else {
            throw Fault(
                .limit,
                "there are more than \(Interchange.vocabularyCountMax) labels or edge types; "
                    + "use fewer.")
        }
        guard byteCount <= Interchange.vocabularyByteCountMax else {
            throw Fault(
                .limit,
                "a label or edge type has more than \(Interchange.vocabularyByteCountMax) bytes; "
                    + "shorten it.")
        }
    }

    static func check(_ name: NodeName) throws(Fault) {
        guard (1...GraphStore.externalIDByteCountMax).contains(name.id.utf8.count) else {
            throw Fault(
                .value,
                "a node's id has \(name.id.utf8.count) bytes; use 1 to "
                    + "\(GraphStore.externalIDByteCountMax).")
        }
    }
}
