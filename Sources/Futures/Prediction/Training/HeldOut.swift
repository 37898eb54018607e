/// The events of held-out customers, with which any model can be measured.
package struct HeldOut: Sendable {
    private let examples: HeldOutExamples
    private let catalogue: ModelCatalogue

    init(_ examples: HeldOutExamples, catalogue: ModelCatalogue) {
        self.examples = examples
        self.catalogue = catalogue
    }

    /// The mean of log2 of the probability that a model gives to what came next; nearer to 0 is
    /// better.
    ///
    /// An item that the model does not know has a probability of 10⁻⁹. An older model of the same
    /// shop and seed did not train its LSTM on these customers, but its counts may include them.
    /// That gives it a slight advantage.
    ///
    /// - Complexity: O(held-out baskets × items).
    package func bits(of model: PredictionModel, threads: Int) -> Double {
        examples.reindexed(from: catalogue, to: model.catalogue).bits(model, threads: threads)
    }
}
