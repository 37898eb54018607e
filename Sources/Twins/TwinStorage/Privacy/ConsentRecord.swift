import LMDB
package import Shop
package import Time

/// What a customer has agreed to and what not, and since when, as it lies in the twin's graph.
///
/// Each answer names each purpose. A purpose that comes later was not asked for, and what is usual
/// counts; one that this program does not know is passed over. A record of the first format holds
/// one answer without a time, which counts from the beginning.
package struct ConsentRecord: Hashable, Sendable {
    /// What a customer has agreed to from a moment on.
    package struct Answer: Hashable, Sendable {
        /// From when it counts.
        package var since: Timestamp
        /// All that the customer agrees to.
        package var purposes: Set<ContextPurpose>
    }

    /// The tag of the record among the attachments of a graph.
    package static let tag: UInt8 = 19

    /// The answers, the oldest first.
    package private(set) var answers: [Answer] = []

    /// No answer yet.
    package init() {}

    /// Adds an answer, which replaces those from that moment on.
    package mutating func add(_ purposes: Set<ContextPurpose>, since moment: Timestamp) {
        answers.removeAll { $0.since >= moment }
        answers.append(Answer(since: moment, purposes: purposes))
    }

    /// What had been agreed to at a moment; in the present if it is `nil`.
    package func purposes(at moment: Timestamp?) -> Set<ContextPurpose> {
        let answer = answers.last { answer in moment.map { answer.since <= $0 } ?? true }
        return answer?.purposes ?? ContextPurpose.usual
    }

    /// The record as bytes: 0, which no record of the first format begins with, then the answers.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(0)
        writer.appendVarint(UInt64(answers.count))
        for answer in answers {
            writer.appendInt64(answer.since.rawValue)
            writer.appendVarint(UInt64(ContextPurpose.allCases.count))
            for purpose in ContextPurpose.allCases {
                writer.appendString(purpose.rawValue)
                writer.appendUInt8(answer.purposes.contains(purpose) ? 1 : 0)
            }
        }
        return writer.bytes
    }

    /// Reads a record of this or the first format.
    ///
    /// - Throws: `LMDBError` for a damaged one.
    package init(decoding value: RawSpan) throws {
        answers = try ByteReader.reading(value) { reader in
            let count = try reader.readVarint()
            var answers: [Answer] = []
            if count > 0 {
                answers.append(
                    Answer(
                        since: Timestamp(rawValue: .min),
                        purposes: try Self.purposes(count, &reader)))
            } else {
                for _ in 0..<(try reader.readVarint()) {
                    let since = Timestamp(rawValue: try reader.readInt64())
                    let count = try reader.readVarint()
                    answers.append(
                        Answer(since: since, purposes: try Self.purposes(count, &reader)))
                }
            }
            try reader.expectEnd()
            return answers
        }
    }

    private static func purposes(
        _ count: UInt64, _ reader: inout ByteReader
    ) throws -> Set<ContextPurpose> {
        var purposes = ContextPurpose.usual
        for _ in 0..<count {
            let purpose = ContextPurpose(rawValue: try reader.readString())
            let answer = try reader.readUInt8()
            guard let purpose else { continue }
            if answer == 0 { purposes.remove(purpose) } else { purposes.insert(purpose) }
        }
        return purposes
    }
}
