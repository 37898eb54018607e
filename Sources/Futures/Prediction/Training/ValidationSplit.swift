/// Lessons parted into those that are learned from and a fifth that only decides when to stop.
struct ValidationSplit<Example: Sendable>: Sendable {
    let training: [Example]
    let validation: [Example]

    /// Parts lessons, of which those of one person lie side by side.
    init(_ lessons: [Example]) {
        // In blocks, so that what one person did is on one side, or on both for one in a hundred.
        let block = 256
        func isValidation(_ place: Int) -> Bool { place / block % 5 == 4 }
        training = lessons.indices.filter { !isValidation($0) }.map { lessons[$0] }
        validation = lessons.indices.filter { isValidation($0) }.map { lessons[$0] }
    }
}
