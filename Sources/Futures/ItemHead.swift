import Learning

/// Draws the items of paths from the LSTM: exactly, or from a large catalogue by proposals that the
/// paths of a block share, as long as they are near enough to its item head.
struct ItemHead: Sendable {
    private let network: SequenceModel
    private var proposals: ItemProposals?
    private var rounds = 0
    private var nextRenewal = 0
    /// How far draws were from the item head in total variation, for paths that the proposals were
    /// not made of: of each proposals when they were new, and when they were oldest.
    private(set) var errors: [Double] = []

    /// Smaller catalogues are gone through.
    private static let largeCatalogue = 4096
    /// How far draws may be from the item head when proposals are new.
    private static let errorLimit = 0.005
    /// Paths that proposals are made of.
    private static let sampleSize = 8
    /// Rounds of draws between renewals at most; paths drift apart, quickly at first.
    private static let longestUse = 8

    init(_ network: SequenceModel) {
        self.network = network
    }

    /// Draws items for the next events of some paths.
    ///
    /// - Parameters:
    ///   - query: The paths, with what is known of their next events.
    ///   - offsets: A random number for each path, from 0 up to 1.
    ///   - uniforms: Random numbers, equally many for each path.
    /// - Returns: An item for each of the uniform numbers; -1 if none is possible.
    mutating func draw(_ query: ItemQuery, offsets: [Double], at uniforms: [Double]) -> [Int32] {
        // For few paths, making proposals would take longer than they save.
        if network.configuration.itemCount >= Self.largeCatalogue,
            query.count > 2 * Self.sampleSize
        {
            if rounds == nextRenewal { renew(query) }
            rounds += 1
        }
        return proposals?.draw(query, offsets: offsets, at: uniforms)
            ?? network.drawItems(query, at: uniforms)
    }

    private mutating func renew(_ query: ItemQuery) {
        let sample = query.sample(Self.sampleSize)
        if let former = proposals {
            let renewed = former.renewed(like: sample, error: Self.errorLimit)
            proposals = renewed.proposals
            errors.append(renewed.formerError)
        } else {
            proposals = ItemProposals(network, like: sample, error: Self.errorLimit)
        }
        if let proposals { errors.append(proposals.error) }
        nextRenewal = rounds + max(1, min(rounds, Self.longestUse))
    }
}
