import Shop

/// Values of 32 days that follow one another, packed into one text.
///
/// A node for each day would take ten times the space and time; and numbers in a text stay exact
/// and can be read in an exported graph.
struct DayBlock: Equatable {
    static let dayCount = 32

    /// The first day, in days since 1970: a multiple of 32.
    let first: Int
    private var values: [Double?]

    /// The first day of the block that a day lies in.
    static func first(of day: Int) -> Int { day & ~(dayCount - 1) }

    /// A block of days of which nothing is known.
    init(first: Int) {
        self.first = first
        values = Array(repeating: nil, count: Self.dayCount)
    }

    /// Reads what ``text`` wrote.
    ///
    /// - Throws: ``TwinsError`` with code `corrupt` for anything else.
    init(first: Int, text: String) throws(TwinsError) {
        self.init(first: first)
        var index = 0
        for word in text.utf8.split(separator: UInt8(ascii: " ")) {
            guard index < Self.dayCount else { throw Self.damaged }
            if !word.elementsEqual(CollectionOfOne(UInt8(ascii: "-"))) {
                guard let value = Double(Substring(word)), value.isFinite else {
                    throw Self.damaged
                }
                values[index] = value
            }
            index += 1
        }
        guard index == Self.dayCount else { throw Self.damaged }
    }

    /// The values separated by blanks, with `-` for a day of which nothing is known.
    var text: String {
        let words = values.map { value in value.map { "\($0)" } ?? "-" }
        return words.joined(separator: " ")
    }

    /// The value of a day, which lies in the block.
    subscript(day: Int) -> Double? {
        get { values[day - first] }
        set { values[day - first] = newValue }
    }

    /// The days of which something is known, with their values.
    var known: [(day: Int, value: Double)] {
        values.enumerated().compactMap { index, value in value.map { (first + index, $0) } }
    }

    static let damaged = TwinsError(
        .corrupt, "What is known of some days cannot be read. Restore a backup.")
}
