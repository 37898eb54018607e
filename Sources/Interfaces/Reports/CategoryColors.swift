/// Which colour each category has, the same in all drawings of one customer.
struct CategoryColors: Sendable {
    /// What items without a category are put under.
    static let none = "No category"
    /// What categories without a colour of their own are put under.
    static let other = "Other categories"
    /// The number of colours in the palette besides that of the others.
    static let count = 6

    /// The categories with colours of their own, most important first.
    let names: [String]

    /// Gives the categories of greatest weight a colour each.
    init(weights: [String: Double]) {
        names = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .prefix(Self.count).map(\.key)
    }

    /// The colour of a category: 0 up to ``count``, the last one for all others.
    func index(of category: String) -> Int { names.firstIndex(of: category) ?? Self.count }
}
