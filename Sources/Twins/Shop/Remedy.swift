/// A step that resolves an error, in words that fit every program.
///
/// A program that has commands or forms can word it in its own terms instead.
package enum Remedy: Sendable, Hashable, CustomStringConvertible {
    /// Name the store that is meant.
    case nameStore
    /// Give a key file that can be read.
    case nameKey
    /// Give the key that the store was made with.
    case giveStoreKey
    /// Replace a store, whose present content is kept at the path, or name another one.
    case replaceStore(kept: String)
    /// Train a model.
    case train
    /// Name the version to put into use.
    case nameVersion
    /// Add context feeds of the past of this kind and train again.
    case addFeeds(String)
    /// Look less far ahead.
    case shortenHorizon
    /// Give runs that look equally far ahead.
    case giveSameHorizon
    /// Simulate more paths.
    case morePaths
    /// Simulate fewer paths, or simulate the twins in parts.
    case fewerPaths
    /// Give a file of forecasts of all customers.
    case giveForecasts
    /// Name the kind of a file of context feeds.
    case nameFeedKind

    package var description: String {
        switch self {
        case .nameStore: "Check the path of the store."
        case .nameKey: "Check the path of the key file."
        case .giveStoreKey:
            "Give the key file that it was made with, or set FORETWIN_KEY."
        case .replaceStore(let kept):
            "Allow to replace it, which keeps what is there as \(kept), or name another store."
        case .train: "Train a model first."
        case .nameVersion: "Name the version to put into use."
        case .addFeeds(let feeds): "Add \(feeds), and train again."
        case .shortenHorizon: "Use a shorter horizon."
        case .giveSameHorizon: "Compare runs of the same horizon."
        case .morePaths: "Use more paths."
        case .fewerPaths: "Use fewer paths, or simulate in parts."
        case .giveForecasts: "Give a file with the forecasts of all customers."
        case .nameFeedKind: "Name the kind of the feeds."
        }
    }
}
