/// The house: which target of `Sources/` may import which, from the ground floor up.
///
/// A new target gets a line here, below everything that it may not know of.
enum House {
    /// Every target with the project's targets that it may import.
    static let mayImport: [String: Set<String>] = [
        "CLMDB": [],
        "CDamage": [],
        "LMDB": ["CDamage", "CLMDB"],
        "Kernels": [],
        "PropertyGraph": ["LMDB"],
        "Learning": ["Kernels"],
        "Twins": ["LMDB", "PropertyGraph"],
        "SyntheticShop": ["Twins", "PropertyGraph", "Kernels"],
        "Prediction": ["Twins", "PropertyGraph", "Learning", "Kernels"],
        "Futures": prediction,
        "Recommendations": prediction.union(["Futures"]),
        "Reports": prediction.union(["Futures", "Recommendations"]),
        "Service": prediction.union(["Futures", "Recommendations"]),
        "foretwin": prediction.union(["Futures", "Recommendations", "Reports", "Service"]),
    ]

    /// `Prediction` and what stands above it, less the storage that only `PropertyGraph` and
    /// `Twins` see.
    private static let prediction: Set<String> = [
        "Kernels", "PropertyGraph", "Learning", "Twins", "SyntheticShop", "Prediction",
    ]

    /// The targets that may import the packages of the HTTP server; `Fuzz` feeds its parsers.
    static let http: Set<String> = ["Service", "foretwin", "Fuzz"]

    /// What the names of the HTTP server's modules begin with.
    static let httpPrefixes = ["Hummingbird", "NIO"]

    /// The targets that may use unsafe pointers and `nonisolated(unsafe)`; libFuzzer lends `Fuzz` its
    /// inputs as such.
    static let unsafe: Set<String> = ["LMDB", "Kernels", "Fuzz"]

    /// The targets that may read the clock and the system's random numbers.
    static let clock: Set<String> = ["Service", "foretwin"]

    /// The targets that may print.
    static let printing: Set<String> = ["foretwin"]
}
