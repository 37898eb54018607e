/// Decides whether a new model may replace the one in use.
///
/// Both predict the customers that were held out when the new one was trained.
package struct QualityGate: Sendable {
    /// The number of bits by which a new model may be worse and still pass.
    ///
    /// It allows for chance, and for the advantage of the model in use, whose counts may include
    /// these customers.
    package static let tolerance = 0.05

    /// The result of a comparison.
    package struct Verdict: Codable, Sendable, Equatable {
        /// Whether the new model may be put into use.
        package let passes: Bool
        /// The mean log2 probability of what came next by the new model; nearer to 0 is better.
        package let bits: Double
        /// The same by the model in use; `nil` if no model in use can be read.
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

    /// Makes a gate for a registry.
    package init(_ registry: ModelRegistry, threads: Int) {
        self.registry = registry
        self.threads = threads
    }

    /// Compares a new model with the one in use.
    ///
    /// A model in use that cannot be read is ignored.
    ///
    /// - Parameters:
    ///   - metrics: The metrics of the new model.
    ///   - heldOut: The held-out customers.
    /// - Returns: The bits of both models, and whether the new one passes.
    package func verdict(on metrics: TrainingMetrics, heldOut: HeldOut) -> Verdict {
        let bits = metrics.heldOutBits["mixture"] ?? -.infinity
        guard let current = try? registry.read() else {
            return Verdict(bits: bits, currentBits: nil, current: registry.current)
        }
        return Verdict(
            bits: bits, currentBits: heldOut.bits(of: current.model, threads: threads),
            current: current.version)
    }
}
