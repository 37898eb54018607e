import Learning

/// Samples the items of paths from the LSTM's item distribution.
///
/// From a large catalogue, items are sampled from proposals that the paths of a block share
/// (sampling importance resampling). Proposals are renewed before their error becomes large.
struct NeuralItemSampler: Sendable {
    /// The estimated distance of the samples from the LSTM's item distribution.
    struct ApproximationError: Sendable {
        /// The estimated total variation distance, summed over all samples.
        private(set) var distanceSum = 0.0
        /// The number of all samples, exact ones included.
        private(set) var sampleCount = 0
        /// Whether any sample came from proposals.
        private(set) var usesProposals = false

        mutating func add(_ count: Int, error: Double?) {
            sampleCount += count
            distanceSum += (error ?? 0) * Double(count)
            usesProposals = usesProposals || error != nil
        }

        /// The mean distance over several blocks of paths; `nil` if all samples were exact.
        static func mean(_ all: [ApproximationError]) -> Double? {
            guard all.contains(where: \.usesProposals) else { return nil }
            return all.reduce(0) { $0 + $1.distanceSum }
                / Double(max(1, all.reduce(0) { $0 + $1.sampleCount }))
        }
    }

    private let network: SequenceModel
    private let isExact: Bool
    private var proposals: ItemProposals?
    private var rounds = 0
    /// The round in which proposals are renewed next.
    private var nextRenewal = 0
    /// Samples since the last renewal.
    private var samplesSinceRenewal = 0
    /// The error of the previous proposals at their end, on paths that were not used to make them.
    private var previousFinalError = 0.0
    /// The error of all samples before the last renewal.
    private var errorBeforeRenewal = ApproximationError()

    /// Smaller catalogues are sampled exactly.
    private static let largeCatalogue = 4096
    /// The largest error of new proposals.
    private static let errorLimit = 0.005
    /// The number of paths that proposals are made from.
    private static let proposalPaths = 8
    /// The largest number of rounds between renewals; paths diverge, quickly at first.
    private static let longestUse = 8

    /// Makes a sampler.
    ///
    /// - Parameters:
    ///   - network: The LSTM.
    ///   - isExact: Whether items are sampled exactly from large catalogues too.
    init(_ network: SequenceModel, isExact: Bool = false) {
        self.network = network
        self.isExact = isExact || network.configuration.itemCount < Self.largeCatalogue
    }

    /// The error of all samples so far.
    ///
    /// Samples from the current proposals count with the larger of two errors: that of the new
    /// proposals, and that of the previous ones at their end.
    var error: ApproximationError {
        var error = errorBeforeRenewal
        if let proposals {
            error.add(samplesSinceRenewal, error: max(proposals.error, previousFinalError))
        }
        return error
    }

    /// Samples items for the next events of some paths.
    ///
    /// - Parameters:
    ///   - query: The paths, with time and type of their next events.
    ///   - offsets: A random number for each path, from 0 up to 1.
    ///   - uniforms: Random numbers, the same number for each path.
    /// - Returns: An item for each of the uniform numbers; -1 if no item is possible.
    mutating func sample(
        _ query: ItemQuery, offsets: [Double], at uniforms: [Double]
    ) -> [Int32] {
        // For few paths, making proposals would take longer than exact sampling.
        guard !isExact, query.count > 2 * Self.proposalPaths else {
            return sampleExactly(query, at: uniforms)
        }
        if rounds == nextRenewal { renew(query) }
        rounds += 1
        guard let proposals else { return sampleExactly(query, at: uniforms) }
        samplesSinceRenewal += query.count
        return proposals.draw(query, offsets: offsets, at: uniforms)
    }

    private mutating func sampleExactly(_ query: ItemQuery, at uniforms: [Double]) -> [Int32] {
        errorBeforeRenewal.add(query.count, error: nil)
        return network.drawItems(query, at: uniforms)
    }

    private mutating func renew(_ query: ItemQuery) {
        let paths = query.sample(Self.proposalPaths)
        if let former = proposals {
            let renewed = former.renewed(like: paths, error: Self.errorLimit)
            previousFinalError = renewed.formerError
            errorBeforeRenewal = error
            proposals = renewed.proposals
        } else {
            proposals = ItemProposals(network, like: paths, error: Self.errorLimit)
        }
        samplesSinceRenewal = 0
        nextRenewal = rounds + max(1, min(rounds, Self.longestUse))
    }
}
