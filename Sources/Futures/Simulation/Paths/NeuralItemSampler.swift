import Learning

/// Draws the items of paths from the LSTM: exactly, or from a large catalogue by proposals that the
/// paths of a block share, as long as they are near enough to its item head.
struct NeuralItemSampler: Sendable {
    /// How far draws were from the item head.
    struct Error: Sendable {
        /// The estimated share of draws that would have to change, times their number.
        private(set) var changed = 0.0
        /// All draws, those for which the catalogue was gone through as well.
        private(set) var draws = 0
        /// Whether any was from proposals.
        private(set) var isProposed = false

        mutating func add(_ count: Int, error: Double?) {
            draws += count
            changed += (error ?? 0) * Double(count)
            isProposed = isProposed || error != nil
        }

        /// The share over some blocks of paths; `nil` if all draws were exact.
        static func share(_ all: [Error]) -> Double? {
            guard all.contains(where: \.isProposed) else { return nil }
            return all.reduce(0) { $0 + $1.changed }
                / Double(max(1, all.reduce(0) { $0 + $1.draws }))
        }
    }

    private let network: SequenceModel
    private let isExact: Bool
    private var proposals: ItemProposals?
    private var rounds = 0
    private var nextRenewal = 0
    /// Draws since the proposals were made.
    private var drawsSince = 0
    /// How far draws from the last proposals were off when these were oldest, for paths that they
    /// were not made of.
    private var lastError = 0.0
    private var past = Error()

    /// Smaller catalogues are gone through.
    private static let largeCatalogue = 4096
    /// How far draws may be from the item head when proposals are new.
    private static let errorLimit = 0.005
    /// Paths that proposals are made of.
    private static let sampleSize = 8
    /// Rounds of draws between renewals at most; paths drift apart, quickly at first.
    private static let longestUse = 8

    init(_ network: SequenceModel, isExact: Bool = false) {
        self.network = network
        self.isExact = isExact || network.configuration.itemCount < Self.largeCatalogue
    }

    /// How far draws were from the item head so far; those from the newest proposals are taken to be
    /// as far off as those from the proposals before were at last.
    var error: Error {
        var error = past
        if let proposals { error.add(drawsSince, error: max(proposals.error, lastError)) }
        return error
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
        guard !isExact, query.count > 2 * Self.sampleSize else {
            past.add(query.count, error: nil)
            return network.drawItems(query, at: uniforms)
        }
        if rounds == nextRenewal { renew(query) }
        rounds += 1
        guard let proposals else {
            past.add(query.count, error: nil)
            return network.drawItems(query, at: uniforms)
        }
        drawsSince += query.count
        return proposals.draw(query, offsets: offsets, at: uniforms)
    }

    private mutating func renew(_ query: ItemQuery) {
        let sample = query.sample(Self.sampleSize)
        if let former = proposals {
            let renewed = former.renewed(like: sample, error: Self.errorLimit)
            lastError = renewed.formerError
            past = error
            proposals = renewed.proposals
        } else {
            proposals = ItemProposals(network, like: sample, error: Self.errorLimit)
        }
        drawsSince = 0
        nextRenewal = rounds + max(1, min(rounds, Self.longestUse))
    }
}
