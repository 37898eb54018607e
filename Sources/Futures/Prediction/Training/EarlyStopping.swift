/// Keeps the best of what epochs find, and says when to stop looking for better.
struct EarlyStopping<Value> {
    /// The best so far.
    private(set) var value: Value
    /// Its loss.
    private(set) var loss: Double
    private let patience: Int
    private var epochsWithoutGain = 0

    /// - Parameters:
    ///   - value: What to keep if nothing is better.
    ///   - loss: Its loss.
    ///   - patience: Epochs without a gain after which there is no hope of one.
    init(_ value: Value, loss: Double, patience: Int) {
        self.value = value
        self.loss = loss
        self.patience = patience
    }

    /// Whether another epoch may find better.
    var shouldContinue: Bool { epochsWithoutGain < patience }

    /// Takes in what an epoch found.
    mutating func offer(_ value: Value, loss: Double) {
        epochsWithoutGain += 1
        guard loss < self.loss else { return }
        (self.value, self.loss) = (value, loss)
        epochsWithoutGain = 0
    }
}
