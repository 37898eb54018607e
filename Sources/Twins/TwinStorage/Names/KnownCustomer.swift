import PropertyGraph

/// A customer as far as the store knows them.
struct KnownCustomer: Sendable {
    var pseudonym: String
    /// Their node; `nil` if the store has never heard of them.
    var node: NodeID?
    /// Whether their twin was erased.
    var isErased = false
}
