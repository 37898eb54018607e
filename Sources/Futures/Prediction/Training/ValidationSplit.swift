/// Examples split into training examples and a fifth that only decides when to stop.
struct ValidationSplit<Example: Sendable>: Sendable {
    let training: [Example]
    let validation: [Example]

    /// Splits examples; those of one customer must be side by side.
    init(_ examples: [Example]) {
        // In blocks, so that few customers have examples on both sides.
        let block = 256
        func isValidation(_ index: Int) -> Bool { index / block % 5 == 4 }
        training = examples.indices.filter { !isValidation($0) }.map { examples[$0] }
        validation = examples.indices.filter { isValidation($0) }.map { examples[$0] }
    }
}
