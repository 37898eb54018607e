/// Keeps the best result of the epochs, and decides when to stop.
struct EarlyStopping<Value> {
    /// The best so far.
    private(set) var value: Value
    /// Its loss.
    private(set) var loss: Double
    private let patience: Int
    private var epochsWithoutGain = 0

    /// Starts with a result.
    ///
    /// - Parameters:
    ///   - value: The result to keep if no epoch is better.
    ///   - loss: Its loss.
    ///   - patience: The number of epochs without a gain after which to stop.
    init(_ value: Value, loss: Double, patience: Int) {
        self.value = value
        self.loss = loss
        self.patience = patience
    }

    /// Whether to run another epoch.
    var shouldContinue: Bool { epochsWithoutGain < patience }

    /// Adds the result of an epoch.
    mutating func offer(_ value: Value, loss: Double) {
        epochsWithoutGain += 1
        guard loss < self.loss else { return }
        (self.value, self.loss) = (value, loss)
        epochsWithoutGain = 0
    }
}
