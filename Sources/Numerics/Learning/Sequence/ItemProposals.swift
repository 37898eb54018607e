import Kernels

/// Samples items of next events for similar sequences, without computing all logits for each of
/// them; see `SoftmaxProposal`.
package struct ItemProposals: Sendable {
    private let model: SequenceModel
    private let proposal: SoftmaxProposal

    /// How many items are proposed for each sample.
    package var count: Int { proposal.count }

    /// The estimated total variation distance between samples and the model's item probabilities,
    /// for sequences like those that the proposals were prepared with.
    package var error: Double { proposal.error }

    /// Prepares proposals for sequences like the given ones; `nil` if computing all logits is as
    /// fast.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - query: The queries of the given sequences, at least two.
    ///   - error: The greatest total variation distance between samples and item probabilities.
    /// - Complexity: O(n · itemCount · d).
    package init?(_ model: SequenceModel, like query: ItemQuery, error: Double) {
        guard
            let proposal = SoftmaxProposal(
                query.rows, model.itemSoftmax, error: error, limit: Self.limit(model))
        else { return nil }
        self.init(model, proposal)
    }

    private init(_ model: SequenceModel, _ proposal: SoftmaxProposal) {
        self.model = model
        self.proposal = proposal
    }

    /// The greatest number of proposals: one takes several times as long as one item of a matrix
    /// product.
    private static func limit(_ model: SequenceModel) -> Int { model.configuration.itemCount / 16 }

    /// Prepares new proposals when the sequences have new events.
    ///
    /// - Parameters: The same as for `init`.
    /// - Returns: The new proposals (see `init`), and the error of the old ones on these queries.
    package func renewed(
        like query: ItemQuery, error: Double
    ) -> (proposals: ItemProposals?, formerError: Double) {
        let renewed = proposal.renewed(query.rows, error: error, limit: Self.limit(model))
        return (renewed.proposal.map { ItemProposals(model, $0) }, renewed.formerError)
    }

    /// Samples items.
    ///
    /// - Parameters:
    ///   - query: The queries of the sequences.
    ///   - offsets: A number in [0, 1) for each sequence, which selects its proposals.
    ///   - uniforms: Numbers in [0, 1), the same count for each sequence, sequence after sequence.
    /// - Returns: An item for each of the uniform numbers; -1 if all proposed items have
    ///   probability 0.
    /// - Complexity: O(n · proposals · d).
    package func draw(_ query: ItemQuery, offsets: [Double], at uniforms: [Double]) -> [Int32] {
        query.rows.rows == 0 ? [] : proposal.draw(query.rows, offsets: offsets, at: uniforms)
    }
}

/// The queries of the item softmax for n sequences: n × d.
package struct ItemQuery: Sendable {
    let rows: MatrixView

    /// The number of sequences.
    package var count: Int { rows.rows }

    /// `count` of the queries, at equal distances.
    package func sample(_ count: Int) -> ItemQuery {
        precondition(
            count > 0 && count <= rows.rows, "The count must be from 1 to the number of sequences.")
        let part = FloatStorage(count: count * rows.columns)
            .view(rows: count, columns: rows.columns)
        for row in 0..<count { part.copyRow(row, from: rows, row: row * rows.rows / count) }
        return ItemQuery(rows: part)
    }
}
