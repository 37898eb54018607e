/// Decides whether a new model may take the place of the one in use.
///
/// Both are asked what customers did next whom training held out from the new one.
package struct QualityGate: Sendable {
    /// By how many bits a new model may be worse and still pass: what differs by chance, and what
    /// the model in use gains from having counted these customers.
    package static let tolerance = 0.05

    /// What was found.
    package struct Verdict: Codable, Sendable, Equatable {
        /// Whether the new model may be put into use.
        package let passes: Bool
        /// Mean log2 probability of what came next, by the new model; nearer to 0 is better.
        package let bits: Double
        /// The same by the model in use; `nil` if there is none that can be read.
        package let currentBits: Double?
        /// The version in use.
        package let current: String?

        init(bits: Double, currentBits: Double?, current: String?) {
            self.bits = bits
            self.currentBits = currentBits
            self.current = current
            passes = currentBits.map { bits >= $0 - QualityGate.tolerance } ?? true
        }
    }

    private let registry: ModelRegistry
    private let threads: Int

    /// A gate before a registry.
    package init(_ registry: ModelRegistry, threads: Int) {
        self.registry = registry
        self.threads = threads
    }

    /// Compares a new model with the one in use; one that cannot be read any more is no rival.
    ///
    /// - Parameters:
    ///   - metrics: How well the new model did on those held out.
    ///   - heldOut: Those held out.
    /// - Returns: What both models got, and whether the new one passes.
    package func verdict(on metrics: TrainingMetrics, heldOut: HeldOut) -> Verdict {
        let bits = metrics.heldOutBits["mixture"] ?? -.infinity
        guard let rival = try? registry.read() else {
            return Verdict(bits: bits, currentBits: nil, current: registry.current)
        }
        return Verdict(
            bits: bits, currentBits: heldOut.bits(of: rival.model, threads: threads),
            current: rival.version)
    }
}
