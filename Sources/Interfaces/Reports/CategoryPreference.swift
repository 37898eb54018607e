/// How much of a customer's attention a category has had, and will have.
struct CategoryPreference: Sendable {
    /// The category.
    var name: String
    /// Its colour in the page.
    var color: Int
    /// Its share of what the customer did, newer events counting more.
    var past: Double
    /// Its share of all simulated events.
    var expected: Double
}
