import Foundation

/// The layers of the program as Package.swift lists them: which target may import which.
struct Layers: Sendable {
    /// A target of `Sources/`.
    struct Target: Sendable {
        var name: String
        var layer: String
        /// The project's targets that it lists as dependencies.
        var dependencies: Set<String>
    }

    /// All targets, in the order of Package.swift.
    var targets: [Target] = []
    /// The targets that a library product vends.
    var vended: Set<String> = []

    /// The layers of this repository.
    static let current: Layers = {
        let manifest = SourceTree.root.appending(path: "Package.swift")
        return Layers(manifest: (try? String(contentsOf: manifest, encoding: .utf8)) ?? "")
    }()

    /// Reads a manifest in which each layer is an array made by `layer("Name", [...])`.
    init(manifest: String) {
        // The last layer ends where the next top-level declaration begins.
        for block in manifest.split(separator: "= layer(").dropFirst() {
            let text = String(block)
            let end = text.range(of: "\n    ])")?.lowerBound ?? text.endIndex
            let body = text[..<end]
            guard let layer = body.firstMatch(of: /"(\w+)"/)?.1 else { continue }
            let starts = body.matches(
                of: /\.(?:target|executableTarget|systemLibrary)\(\s*name: "([\w-]+)"/)
            for (index, start) in starts.enumerated() {
                let next =
                    index + 1 < starts.count ? starts[index + 1].range.lowerBound : body.endIndex
                targets.append(
                    Target(
                        name: String(start.1), layer: String(layer),
                        dependencies: Self.dependencies(body[start.range.upperBound..<next])))
            }
        }
        for product in manifest.matches(of: /\.library\(name: "\w+", targets: \[([^\]]*)\]/) {
            vended.formUnion(product.1.matches(of: /"(\w+)"/).map { String($0.1) })
        }
    }

    private static func dependencies(_ declaration: Substring) -> Set<String> {
        guard let start = declaration.range(of: "dependencies: [")?.upperBound else { return [] }
        let list = declaration[start...].replacing(/\.product\([^)]*\)/, with: "")
        let own = list.prefix { $0 != "]" }
        return Set(own.matches(of: /"(\w+)"/).map { String($0.1) })
    }

    /// The target of a name, if there is one.
    subscript(_ name: String) -> Target? { targets.first { $0.name == name } }

    /// Dependencies that are not listed before the target that has them.
    var backwardDependencies: [String] {
        var known: Set<String> = []
        var found: [String] = []
        for target in targets {
            for dependency in target.dependencies.sorted() where !known.contains(dependency) {
                found.append("\(target.name) depends on \(dependency), which is listed after it")
            }
            known.insert(target.name)
        }
        return found
    }

    /// The targets that may import the packages of the HTTP server; `Fuzz` feeds its parsers.
    static let http: Set<String> = ["Service", "foretwin", "Fuzz"]

    /// What the names of the HTTP server's modules begin with.
    static let httpPrefixes = ["Hummingbird", "NIO"]

    /// The targets that may use unsafe pointers and `nonisolated(unsafe)`; libFuzzer lends `Fuzz` its
    /// inputs as such.
    static let unsafe: Set<String> = ["LMDB", "Kernels", "Fuzz"]

    /// The targets that may read the clock and the system's random numbers.
    static let clock: Set<String> = ["Service", "foretwin"]

    /// The targets that are command lines: only they may name commands and options in texts.
    static let commandLines: Set<String> = ["foretwin", "foretwin-bench"]

    /// The targets that may print.
    static let printing: Set<String> = ["foretwin", "foretwin-bench"]
}
