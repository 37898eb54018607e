import LMDB
package import Shop

/// What a customer has agreed to and what not, as it lies in the twin's graph.
///
/// Each purpose is named with its answer. A purpose that comes later was not asked for, and what is
/// usual counts; one that this program does not know is passed over.
package enum ConsentRecord {
    package static let tag: UInt8 = 19

    static func encode(_ purposes: Set<ContextPurpose>) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(ContextPurpose.allCases.count))
        for purpose in ContextPurpose.allCases {
            writer.appendString(purpose.rawValue)
            writer.appendUInt8(purposes.contains(purpose) ? 1 : 0)
        }
        return writer.bytes
    }

    package static func decode(_ value: RawSpan) throws -> Set<ContextPurpose> {
        try ByteReader.reading(value) { reader in
            var purposes = ContextPurpose.usual
            for _ in 0..<(try reader.readVarint()) {
                let purpose = ContextPurpose(rawValue: try reader.readString())
                let answer = try reader.readUInt8()
                guard let purpose else { continue }
                if answer == 0 { purposes.remove(purpose) } else { purposes.insert(purpose) }
            }
            try reader.expectEnd()
            return purposes
        }
    }
}
