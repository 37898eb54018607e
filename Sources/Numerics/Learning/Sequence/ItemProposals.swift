import Kernels

/// Draws items of next events for sequences that resemble each other, without going through the
/// whole catalogue for each of them; see `SoftmaxProposal`.
package struct ItemProposals: Sendable {
    private let model: SequenceModel
    private let proposal: SoftmaxProposal

    /// How many items are proposed for each draw.
    package var count: Int { proposal.count }

    /// How far draws are from the item head in total variation, for sequences like those that the
    /// proposals were made of.
    package var error: Double { proposal.error }

    /// Prepares proposals for sequences like some that are known; `nil` if going through the catalogue
    /// is as quick.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - query: Those known, at least two.
    ///   - error: How far draws may be from the item head, in total variation.
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

    /// Proposals at most: each takes several times as long as an item in a product of matrices.
    private static func limit(_ model: SequenceModel) -> Int { model.configuration.itemCount / 16 }

    /// Prepares proposals for sequences that have moved on.
    ///
    /// - Parameters: As for making the first.
    /// - Returns: New proposals as of `init`, and how far draws from the old ones were from the item
    ///   head at last.
    package func renewed(
        like query: ItemQuery, error: Double
    ) -> (proposals: ItemProposals?, formerError: Double) {
        let renewed = proposal.renewed(query.rows, error: error, limit: Self.limit(model))
        return (renewed.proposal.map { ItemProposals(model, $0) }, renewed.formerError)
    }

    /// Draws items.
    ///
    /// - Parameters:
    ///   - query: The sequences, with what is known of their next events.
    ///   - offsets: A number from 0 up to 1 for each sequence, which decides what is proposed.
    ///   - uniforms: Numbers from 0 up to 1, equally many for each sequence, one after the other.
    /// - Returns: An item for each of the uniform numbers; -1 if none is possible.
    /// - Complexity: O(n · proposals · d).
    package func draw(_ query: ItemQuery, offsets: [Double], at uniforms: [Double]) -> [Int32] {
        query.rows.rows == 0 ? [] : proposal.draw(query.rows, offsets: offsets, at: uniforms)
    }
}

/// What the item head is asked about some sequences: n × d.
package struct ItemQuery: Sendable {
    let rows: MatrixView

    /// How many sequences.
    package var count: Int { rows.rows }

    /// As many of them, spread evenly.
    package func sample(_ count: Int) -> ItemQuery {
        precondition(count > 0 && count <= rows.rows, "A part of what there is.")
        let part = FloatStorage(count: count * rows.columns)
            .view(rows: count, columns: rows.columns)
        for row in 0..<count { part.copyRow(row, from: rows, row: row * rows.rows / count) }
        return ItemQuery(rows: part)
    }
}
