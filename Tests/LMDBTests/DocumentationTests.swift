import Foundation
import LMDB
import TestSupport
import Testing

/// The example that the documentation begins with.
@Suite struct DocumentationTests {
    @Test func theExampleRuns() throws {
        let temporary = try TemporaryFolder()
        let folder = temporary("orders")
        // The example begins.
        let environment = try Environment(path: folder, tables: ["orders"])
        let orders = TypedTable<Pair<String, Int>, Double>(environment.table("orders"))
        try environment.write { transaction in
            try transaction.put(4.25, for: Pair("ann", 1), in: orders)
            try transaction.put(13.5, for: Pair("ann", 2), in: orders)
            try transaction.put(7, for: Pair("bob", 1), in: orders)
        }
        var spent = 0.0
        try environment.read { transaction in
            try transaction.scan(orders, KeyRange(beginningWith: "ann")) { _, price in
                spent += price
                return true
            }
        }
        // The example ends.
        #expect(spent == 17.75)
        environment.close()
    }

    @Test func theExampleIsTheOneOfThePage() throws {
        let tests = URL(fileURLWithPath: #filePath)
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = root.appendingPathComponent("Sources/Storage/LMDB/LMDB.docc/LMDB.md")
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
