import Shop

/// A JSON object of texts, numbers and booleans, without nested values.
struct FlatObject {
    /// A key with its value as text.
    typealias Field = (name: String, text: String)

    /// The keys with a value other than null, in the order of the text.
    private(set) var fields: [Field] = []
    private var names: Set<String> = []
    private var keyCount = 0
    /// Why the keys cannot be used, whatever their values; `nil` if they can.
    private(set) var keyFlaw: Rejection?
    private var isFlat = true

    /// Creates an object without keys.
    init() {}

    /// Reads the next value of a text, which should be a flat object.
    ///
    /// - Returns: The fields; a rejection for any other value, which was skipped.
    static func take(
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Flaw) -> Result<[Field], Rejection> {
        guard try scanner.peek() == UInt8(ascii: "{") else {
            try scanner.skipValue()
            return .failure(notFlat)
        }
        try scanner.open(UInt8(ascii: "{"))
        var object = FlatObject()
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
            guard let name = object.accept(key) else {
                try scanner.skipValue()
                continue
            }
            object.add(name, try scanner.scalar())
        }
        return object.result
    }

    /// Reads a line that should be a flat object and nothing else.
    static func line(_ line: ArraySlice<UInt8>) throws(Rejection) -> [Field] {
        do {
            var scanner = JSONScanner(line)
            let result = try take(&scanner)
            try scanner.finish()
            return try result.get()
        } catch let rejection as Rejection {
            throw rejection
        } catch {
            throw notFlat
        }
    }

    /// Counts a key.
    ///
    /// - Returns: Its text; `nil` if the object or this key cannot be used.
    mutating func accept(_ key: JSONScanner.Key) -> String? {
        keyCount += 1
        guard keyCount <= Limits.keyCountMax else {
            reject(Rejection(.value, "it has more than \(Limits.keyCountMax) keys"))
            return nil
        }
        guard key.byteCount <= Limits.keyByteCountMax else {
            reject(Rejection(.value, "it has a key longer than \(Limits.keyByteCountMax) bytes"))
            return nil
        }
        guard let name = key.text else {
            isFlat = false
            return nil
        }
        if !names.insert(name).inserted { reject(.ambiguous) }
        return name
    }

    /// Adds the value of a key.
    ///
    /// - Parameters:
    ///   - name: The key.
    ///   - scalar: The value; `nil` for an array or object.
    mutating func add(_ name: String, _ scalar: JSONScanner.Scalar?) {
        switch scalar {
        case .text(let text): fields.append((name, text))
        case .null: break
        case .unreadable, nil: isFlat = false
        }
    }

    /// The fields, or why they cannot be used.
    var result: Result<[Field], Rejection> {
        if let keyFlaw, keyFlaw != .ambiguous { return .failure(keyFlaw) }
        guard isFlat else { return .failure(Self.notFlat) }
        return keyFlaw.map { .failure($0) } ?? .success(fields)
    }

    private mutating func reject(_ rejection: Rejection) {
        if keyFlaw == nil || keyFlaw == .ambiguous { keyFlaw = rejection }
    }

    static let notFlat = Rejection(.json, "write a flat object of text, numbers and booleans")
}
