import Foundation
import GraphFixtures
import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time

/// The example that the documentation begins with.
@Suite struct DocumentationTests {
    @Test func theExampleRuns() throws {
        let temporary = try TemporaryFolder()
        let folder = temporary.path + "/friends"
        // The example begins.
        let (person, likes) = (Label(rawValue: "Person"), EdgeType(rawValue: "LIKES"))
        let byAge = PropertyIndex(person, "age")
        let store = try GraphStore(
            path: folder, labels: [person], edgeTypes: [likes], indexes: [byAge])
        try store.write { transaction in
            let ann = try store.addNode(person, "ann", in: transaction)
            let bob = try store.addNode(person, "bob", in: transaction)
            try store.put(
                Node(id: bob, properties: ["age": .int(42)]), graph: .shared, in: transaction)
            let now = Timestamp(seconds: 1_767_225_600)
            let edge = Edge(source: ann, type: likes, target: bob, weight: 1, first: now, last: now)
            try store.put(edge, graph: .shared, in: transaction)
        }
        let adults = try PropertyRange(from: .int(18), through: nil)
        let likesOfAdults = try store.read(graph: .shared) { graph in
            try graph.nodes(person, where: "age", in: adults, limit: 10).elements
                .map { try graph.degrees(of: $0, .in).total }
        }
        // The example ends.
        #expect(likesOfAdults == [1])
        store.environment.close()
    }

    @Test func theExampleIsTheOneOfThePage() throws {
        let tests = URL(fileURLWithPath: #filePath)
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = root.appendingPathComponent(
            "Sources/Storage/PropertyGraph/PropertyGraph.docc/PropertyGraph.md")
        let example = try lines(of: page, from: "```swift", to: "```")
        let source = try lines(
            of: tests, from: "// The example begins.", to: "// The example ends.")
        #expect(!example.isEmpty && example == source)
    }

    /// The lines between the first line that is `start` and the next that is `end`, moved left as
    /// far as they are indented.
    private func lines(of file: URL, from start: String, to end: String) throws -> [String] {
        let all = try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let lines = all.drop { $0.trimmingCharacters(in: .whitespaces) != start }.dropFirst()
            .prefix { $0.trimmingCharacters(in: .whitespaces) != end }
        let margin = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(margin)) }
    }
}
