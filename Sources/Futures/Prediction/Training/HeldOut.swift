/// What customers did whom training held out, for asking any model what they would do.
package struct HeldOut: Sendable {
    private let lessons: HeldOutExamples
    private let catalogue: ModelCatalogue

    init(_ lessons: HeldOutExamples, catalogue: ModelCatalogue) {
        self.lessons = lessons
        self.catalogue = catalogue
    }

    /// The mean of log2 of the probability that a model gives to what came next: the nearer to 0,
    /// the better.
    ///
    /// What the model has no item for counts as nearly impossible. A model of the same shop, with
    /// the same seed, has not learned from these customers either, but may have counted them among
    /// everybody: it is slightly better off than the one that they were held out from.
    ///
    /// - Complexity: O(moments held out × items).
    package func bits(of model: PredictionModel, threads: Int) -> Double {
        lessons.moved(from: catalogue, to: model.catalogue).bits(model, threads: threads)
    }
}
