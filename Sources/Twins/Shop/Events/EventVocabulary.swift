/// The event types that a model knows, in the order in which it numbers them.
///
/// A model keeps its vocabulary in its configuration, by name. A type that is added to ``EventType``
/// changes no model: events of types that a model does not know are no evidence to it.
package struct EventVocabulary: Hashable, Sendable {
    /// The types; the index of each is its number in the model.
    package let types: [EventType]
    /// The index of each type by its raw value; ``unknownIndex`` for types that are not in it.
    private let indices: [UInt8]

    /// Stands for a type that is not in the vocabulary; above the index of every type.
    package static let unknownIndex = UInt8.max

    /// The types that models without a vocabulary of their own know: the ten with the first raw
    /// values, each with its raw value as index.
    package static let original = EventVocabulary([
        .view, .search, .cartAdd, .cartRemove, .cartUpdate, .purchase, .wishlistAdd,
        .wishlistRemove, .reject, .return,
    ])

    /// Makes a vocabulary; a type that occurs twice keeps its first index.
    package init(_ types: some Sequence<EventType>) {
        var indices = [UInt8](repeating: Self.unknownIndex, count: 1 + Int(UInt8.max))
        var kept: [EventType] = []
        for type in types where indices[Int(type.rawValue)] == Self.unknownIndex {
            indices[Int(type.rawValue)] = UInt8(kept.count)
            kept.append(type)
        }
        self.types = kept
        self.indices = indices
    }

    /// The vocabulary of a new model: ``original``, and the newer types of behaviour that occur in
    /// its training data, in the order of their raw values.
    package init(training occurring: some Sequence<EventType>) {
        let newer = Set(occurring).filter { $0.role == .behaviour }
            .sorted { $0.rawValue < $1.rawValue }
        self.init(Self.original.types + newer)
    }

    /// The vocabulary with some names; `nil` for a name that this program does not know, for one
    /// that occurs twice, and for no names at all.
    package init?(names: [String]) {
        self.init(names.compactMap { name in EventType.allCases.first { $0.name == name } })
        guard !names.isEmpty, count == names.count else { return nil }
    }

    /// The names of the types, in their order.
    package var names: [String] { types.map(\.name) }

    /// The number of types.
    package var count: Int { types.count }

    /// Whether a type is in the vocabulary.
    package func contains(_ type: EventType) -> Bool { index(of: type) != Self.unknownIndex }

    /// The index of a type; ``unknownIndex`` if it is not in the vocabulary.
    package func index(of type: EventType) -> UInt8 { indices[Int(type.rawValue)] }
}
