import Foundation
import GraphFixtures
import TestSupport
import Testing

@testable import GraphInterchange
@testable import PropertyGraph

/// The Cypher script: what databases see, and what is refused.
@Suite struct CypherTests {
    private static let header = "// foretwin property graph 1\n"

    @Test func aSmallStoreIsTheseStatements() throws {
        let workshop = try Workshop()
        let store = try GraphMLTests.small(workshop)
        try Interchange.export(store, to: workshop.path("a.cypher"), as: .cypher)
        let lines = try workshop.read("a.cypher").split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(8) == [
                "// foretwin property graph 1", "// label `Person`", "// label `Book`",
                "// edge type `LIKES`", "// edge type `KNOWS`",
                """
                MERGE (n:`Person` {graph: 0, id: 'ann'}) SET n += {`age`: 41, `height`: 1.75, \
                `label`: 'a label', `member`: true, `note`: 'one\\ntwo\\t= _x0041_ 日本', \
                `since`: datetime({epochMillis: 1767225600123}), \
                `taste`: [0.5, -1.0, (1.0/0.0)]};
                """,
                "MERGE (n:`Person` {graph: 0, id: 'Bob <b&b> \"x\"'}) SET n += {};",
                "MERGE (n:`Book` {graph: 0, id: '1: nul\\u0000'});",
            ])
        #expect(
            lines.contains(
                """
                MATCH (a:`Person` {graph: 0, id: 'ann'}), (b:`Book` {graph: 0, id: '1: nul\\u0000'}) \
                MERGE (a)-[e:`LIKES`]->(b) SET e += {weight: 2.5, count: 3, \
                first: datetime({epochMillis: 0}), last: datetime({epochMillis: 1767225600123}), \
                `weight_`: (1.0/0.0), `why`: ''};
                """))
        #expect(lines.contains { $0.contains("weight: (0.0/0.0)/*fff8000000000000*/") })
        #expect(lines.allSatisfy { $0.hasPrefix("//") || $0.hasSuffix(";") })
    }

    /// Names cannot close their backticks, and texts cannot close their quotes.
    @Test(arguments: ["`", "``", "a`) DETACH DELETE n //", "\\`", "'", "\\'", "') DELETE n //"])
    func nothingEscapesItsQuotes(_ text: String) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a", labels: [Label(rawValue: text)])
        try store.write { transaction in
            let node = try store.addNode(Label(rawValue: text), text, in: transaction)
            try store.put(
                Node(id: node, properties: [text: .string(text)]), graph: .shared, in: transaction)
        }
        try Interchange.export(store, to: workshop.path("a.cypher"), as: .cypher)
        let statement = try #require(
            try workshop.read("a.cypher").split(separator: "\n").last.map { Array($0.utf8) })
        #expect(Self.outsideOfQuotes(statement) == "MERGE (n: {graph: 0, id: }) SET n += {: };")
    }

    /// What a tokenizer of openCypher sees outside of backticks and quotes.
    static func outsideOfQuotes(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        var quote: UInt8?
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if let open = quote {
                if open == 0x27, byte == 0x5C { index += 1 }
                guard byte == open else { continue }
                if open == 0x60, index < bytes.count, bytes[index] == 0x60 {
                    index += 1
                } else {
                    quote = nil
                }
            } else if byte == 0x27 || byte == 0x60 {
                quote = byte
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    @Test func spacesAndCommentsMayStandBetween() throws {
        let workshop = try Workshop()
        try workshop.write(
            Self.header + """
                // a remark
                  MERGE(n:`A`{graph:4,id:'1'})SET n+={`p`:[1,2],`q`:-1e3,`id_`:false} ;

                MATCH (a:`A` {graph: 4, id: '1'}) , (b:`A` {graph: 4, id: '2'}) MERGE (a) - [e:`T`] \
                -> (b) SET e += {`x`: 1, last: datetime({epochMillis: 2}), count: 3, \
                first: datetime( { epochMillis : 1 } ), weight: 5};\r
                """, to: "a.cypher")
        let contents = try Contents(workshop.load(workshop.path("a.cypher"), .cypher))
        let vector = [Float(1), 2].map(\.bitPattern)
        #expect(contents.names == ["A 0 1", "A 1 2"])
        #expect(
            contents.records == [
                "4 node A 1 id=bfalse,p=v\(vector),q=d\((-1000.0).bitPattern)",
                "4 edge A 1 T A 2 \(5.0.bitPattern) 3 1 2 x=i1",
            ])
    }

    private static let edgeStart =
        "MATCH (a:`A` {graph: 0, id: '1'}), (b:`A` {graph: 0, id: '2'}) MERGE (a)-[e:`T`]->(b) SET "

    @Test(arguments: [
        (
            "CREATE (n:`A` {graph: 0, id: '1'});",
            "this is no statement that an export writes; only its MERGE and MATCH … MERGE are read."
        ),
        ("MATCH (n) DETACH DELETE n;", "'a' is expected at column 8; correct the line."),
        (
            "MERGE (n:A {graph: 0, id: '1'});",
            "a name in ` is expected at column 10; correct the line."
        ),
        (
            "MERGE (n:`A {graph: 0, id: '1'});",
            "the end of a name is expected at column 34; correct the line."
        ),
        (
            "MERGE (n:`A` {graph: x, id: '1'});",
            "a whole number of 0 or more is expected at column 22; correct the line."
        ),
        (
            "MERGE (n:`A` {graph: 0, id: \"1\"});",
            "a text in ' is expected at column 29; correct the line."
        ),
        ("MERGE (n:`A` {graph: 0, id: '1'})", "';' is expected at column 34; correct the line."),
        (
            "MERGE (n:`A` {graph: 0, id: '1'}); x",
            "the end of the line is expected at column 36; correct the line."
        ),
        ("MERGE (n:`A` {graph: 0, id: ''});", "a node's id has 0 bytes; use 1 to 400."),
        (
            "MERGE (n:`A` {graph: 0, id: '1'}) SET n += {`p`: null};",
            "a value is expected at column 50; correct the line."
        ),
        (
            "MERGE (n:`A` {graph: 0, id: '1'}) SET n += {`p`: [1, 'x']};",
            "a number with a point is expected at column 54; correct the line."
        ),
        (
            "MERGE (n:`A` {graph: 0, id: '1'}) SET n += {`p`: (0.0/0.0)/*12*/};",
            "a NaN in 16 hexadecimal digits is expected at column 61; correct the line."
        ),
        (
            "MERGE (n:`A` {graph: 0, id: '1'}) SET n += {p: 1};",
            "a name in ` is expected at column 45; correct the line."
        ),
        (
            "MERGE (n:`A` {graph: 0, id: '1'}) SET n += {id: 1};",
            "a node's graph or id is set twice; keep the one before SET."
        ),
        (
            "MERGE (n:`A` {graph: 0, id: '1'}) SET n += {`id`: 1};",
            "a property has a name of the script itself; add an underscore."
        ),
        (
            "MERGE (n:`A` {graph: 0, id: '1'}) SET n += {`p`: 1, `p`: 2};",
            "a property is given twice; keep one of them."
        ),
        (
            "MATCH (a:`A` {graph: 0, id: '1'}), (b:`A` {graph: 1, id: '2'}) MERGE",
            "an edge joins two graphs; give both nodes the same graph."
        ),
        (
            edgeStart + "e += {weight: 1.0};",
            "an edge lacks its weight, count, first or last, or one is of the wrong kind; "
                + "correct it."
        ),
        (
            edgeStart + "e += {weight: 'x', count: 1, first: 1, last: 1};",
            "an edge lacks its weight, count, first or last, or one is of the wrong kind; "
                + "correct it."
        ),
        (
            edgeStart + "e += {count: -1};",
            "a whole number of 0 or more is expected at column 104; correct the line."
        ),
    ])
    func otherStatementsAreRefused(_ statement: String, _ expected: String) throws {
        let text = Self.header + "// label `A`\n\n" + statement + "\n"
        #expect(try Workshop().complaint(about: text, .cypher) == "FILE, line 4: " + expected)
    }

    @Test(arguments: [
        "", "\n", "MERGE (n:`A` {graph: 0, id: '1'});", "// foretwin property graph 10",
    ])
    func aScriptNeedsItsHeader(_ text: String) throws {
        let found = try Workshop().complaint(about: text, .cypher)
        #expect(found?.contains("the first line is not '// foretwin property graph 1'") == true)
    }

    @Test(arguments: UInt64(0)..<10) func cutAndSpoiledScriptsNeverTrap(seed: UInt64) throws {
        let workshop = try Workshop()
        let store = try GraphMLTests.small(workshop)
        for format in Interchange.Format.allCases where format != .csv {
            let name = "a.\(format.rawValue)"
            try Interchange.export(store, to: workshop.path(name), as: format)
            var generator = SeededGenerator(seed: seed)
            let good = Array(try workshop.read(name).utf8)
            for _ in 0..<15 {
                var bytes = good
                for _ in 0...generator.below(3) {
                    bytes[generator.below(bytes.count)] = UInt8(generator.below(256))
                }
                if generator.chance(0.3) {
                    bytes = Array(bytes.prefix(generator.below(bytes.count)))
                }
                let found = try workshop.complaint(aboutBytes: bytes, format)
                #expect(
                    found.map { $0.hasPrefix("FILE, line ") && $0.hasSuffix(".") } ?? true,
                    "seed \(seed), \(format.rawValue): \(found ?? "")")
            }
        }
    }
}
