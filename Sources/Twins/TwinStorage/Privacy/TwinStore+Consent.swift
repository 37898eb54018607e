import LMDB
import PropertyGraph
package import Shop
import Time

/// Consent: what the context of a customer's days may be read for.
///
/// It lies in the twin's graph (`graph ‖ 19`), beside the log: starting the twin over because of a
/// late event leaves it, and erasing the twin takes it along. It is no event, because it says what
/// may be done from now on and not what happened.
extension TwinStore {
    /// What the context of a customer's days may be read for.
    ///
    /// - Parameter userID: The customer's id as the shop knows it.
    /// - Returns: What the customer has agreed to; ``ContextPurpose/usual`` for one who has said
    ///   nothing or whom the store does not know, and nothing for one who was erased.
    /// - Throws: `LMDBError` or `GraphError`.
    package func contextConsent(of userID: String) throws -> Set<ContextPurpose> {
        let pseudonym = pseudonymizer.pseudonym(of: userID)
        return try graph.read { transaction in
            guard let customer = try graph.node(.customer, pseudonym, in: transaction) else {
                return ContextPurpose.usual
            }
            return try contextConsent(Self.graphID(customer), asOf: nil, in: transaction)
        }
    }

    /// Sets what the context of a customer's days may be read for.
    ///
    /// - Parameters:
    ///   - purposes: All that the customer agrees to; to the others the answer is no.
    ///   - userID: The customer's id as the shop knows it.
    /// - Throws: ``TwinsError`` for a customer whom the store does not know or who was erased;
    ///   `LMDBError` or `GraphError`.
    package func setContextConsent(
        _ purposes: Set<ContextPurpose>, of userID: String
    ) throws {
        let pseudonym = pseudonymizer.pseudonym(of: userID)
        try graph.write { transaction in
            guard let customer = try graph.node(.customer, pseudonym, in: transaction) else {
                throw TwinsError(
                    .notFound,
                    "The store does not know this customer, so there is no twin to keep a consent "
                        + "with. Check the id, or ingest an event of theirs first.")
            }
            let graphID = Self.graphID(customer)
            guard try !isErased(graphID, in: transaction) else {
                throw TwinsError(
                    .setting,
                    "The twin of this customer was erased, and nothing more is stored of them.")
            }
            // An answer counts from the store's present on, which is the time of its newest event.
            var record =
                try transaction.value(
                    for: Self.consentKey(graphID), in: graph.records, ConsentRecord.init(decoding:))
                ?? ConsentRecord()
            record.add(
                purposes, since: try journalState(in: transaction).newest ?? .accepted.lowerBound)
            try transaction.put(
                record.encoded, for: Self.consentKey(graphID), in: graph.records)
        }
    }

    /// What a twin had agreed to at a moment; in the present if it is `nil`.
    func contextConsent(
        _ graphID: GraphID, asOf moment: Timestamp?, in transaction: borrowing ReadTransaction
    ) throws -> Set<ContextPurpose> {
        let said = try transaction.value(
            for: Self.consentKey(graphID), in: graph.records, ConsentRecord.init(decoding:))
        if let said { return said.purposes(at: moment) }
        return try isErased(graphID, in: transaction) ? [] : ContextPurpose.usual
    }

    private static func consentKey(_ graphID: GraphID) -> [UInt8] {
        GraphStore.attachmentKey(graphID, tag: ConsentRecord.tag).bytes
    }
}
