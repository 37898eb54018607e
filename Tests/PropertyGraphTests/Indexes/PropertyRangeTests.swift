import GraphFixtures
import PropertyGraph
import TestSupport
import Testing
import Time

/// Ranges of properties, and that an index has the order that they say.
@Suite struct PropertyRangeTests {
    private func contains(_ lower: Property?, _ upper: Property?, _ value: Property) -> Bool {
        (try? PropertyRange(from: lower, through: upper))?.contains(value) ?? false
    }

    @Test func bothBoundsAreIncluded() {
        #expect(contains(.int(1), .int(3), .int(1)) && contains(.int(1), .int(3), .int(3)))
        #expect(!contains(.int(1), .int(3), .int(0)) && !contains(.int(1), .int(3), .int(4)))
        #expect(contains(nil, .int(3), .int(.min)) && contains(.int(1), nil, .int(.max)))
        #expect(contains(.string("b"), .string("c"), .string("bz")))
        #expect(!contains(.string("b"), .string("c"), .string("ca")))
        #expect(contains(.bool(false), .bool(true), .bool(true)))
        #expect(!contains(.bool(false), .bool(false), .bool(true)))
        let (one, two) = (Timestamp(seconds: 1), Timestamp(seconds: 2))
        #expect(contains(.timestamp(one), nil, .timestamp(two)))
        #expect(!contains(.timestamp(two), nil, .timestamp(one)))
    }

    @Test func kindsDoNotMix() {
        #expect(!contains(.int(1), .int(3), .double(2)))
        #expect(!contains(nil, .string("z"), .int(1)))
        #expect(!contains(.timestamp(Timestamp(seconds: 0)), nil, .int(5)))
        #expect(!contains(.int(0), nil, .vector([1])))
    }

    @Test func oddNumbersHaveTheirPlace() {
        #expect(contains(.double(0), .double(0), .double(-0.0)))
        #expect(contains(.double(-0.0), .double(-0.0), .double(0)))
        #expect(contains(.double(.nan), .double(.nan), .double(-.nan)))
        #expect(contains(.double(.infinity), nil, .double(.nan)))
        #expect(!contains(nil, .double(.infinity), .double(.nan)))
    }

    @Test func rangesThatMeanNothingAreErrors() {
        #expect(code { _ = try PropertyRange(from: nil, through: nil) } == .argument)
        #expect(code { _ = try PropertyRange(from: .int(1), through: .double(2)) } == .argument)
        #expect(
            code { _ = try PropertyRange(from: .string("a"), through: .bool(true)) } == .argument)
        #expect(code { _ = try PropertyRange(equalTo: .vector([1])) } == .argument)
        #expect(code { _ = try PropertyRange(from: .int(1), through: .vector([])) } == .argument)
    }

    /// A store with nodes that have one value each; what it finds in a range is compared with what
    /// a filter and a sort of the values give.
    private func check(
        _ values: [Property], seed: UInt64, isBefore: (Property, Property) -> Bool
    ) throws {
        let index = PropertyIndex(.person, "value")
        let stores = [try Fixture(indexes: [index]), try Fixture()]
        var memory = InMemoryGraph(labels: [.person, .book], edgeTypes: [])
        for fixture in stores {
            try fixture.store.write { transaction in
                for (position, value) in values.enumerated() {
                    let id = try fixture.store.addNode(.person, "\(position)", in: transaction)
                    let node = Node(id: id, properties: ["value": value])
                    try fixture.store.put(node, graph: .shared, in: transaction)
                    memory.put([node])
                }
            }
        }
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let bounds = [
                values[generator.below(values.count)], values[generator.below(values.count)],
            ]
            let (lower, upper) =
                generator.chance(0.3) ? (bounds[0], bounds[0]) : (bounds[0], bounds[1])
            let range = try PropertyRange(
                from: generator.chance(0.9) ? lower : nil, through: upper)
            let wanted = values.indices.filter { position in
                (range.lower.map { !isBefore(values[position], $0) } ?? true)
                    && !isBefore(upper, values[position])
            }
            let limit = generator.chance(0.5) ? values.count : generator.below(values.count)
            let answers =
                try stores.map { fixture in
                    try fixture.store.read(graph: .shared) { graph in
                        try graph.nodes(.person, where: "value", in: range, limit: limit)
                    }
                } + [try memory.nodes(.person, where: "value", in: range, limit: limit)]
            #expect(answers[0] == answers[1] && answers[1] == answers[2], "seed \(seed)")
            let found = answers[0].elements.map(\.index)
            #expect(Set(found).count == min(limit, wanted.count), "seed \(seed)")
            #expect(Set(found).isSubset(of: wanted), "seed \(seed)")
            // What is found is in order, and nothing that was left out goes before its end.
            let isSorted = zip(found, found.dropFirst()).allSatisfy { left, right in
                !isBefore(cut(values[right]), cut(values[left]))
            }
            let left = Set(wanted).subtracting(found)
            let isFirst = left.allSatisfy { position in
                found.allSatisfy { !isBefore(cut(values[position]), cut(values[$0])) }
            }
            #expect(isSorted && isFirst, "seed \(seed)")
        }
    }

    /// What an index knows of a property.
    private func cut(_ property: Property) -> Property {
        guard let text = property.string else { return property }
        return .string(String(decoding: text.utf8.prefix(200), as: UTF8.self))
    }

    @Test(arguments: UInt64(0)..<8) func doublesAreInOrder(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var values: [Double] = [
            0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1, 1,
        ]
        while values.count < 60 {
            let value = Double(bitPattern: generator.next())
            if !value.isNaN {
                values += [value, -value, Double.random(in: -1...1, using: &generator)]
            }
        }
        try check(values.map(Property.double), seed: seed) { left, right in
            (left.double ?? .nan) < (right.double ?? .nan)
        }
    }

    @Test(arguments: UInt64(0)..<8) func intsAndTimesAreInOrder(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<60).map { _ in
            generator.chance(0.5)
                ? Int64.random(in: -3...3, using: &generator)
                : Int64(bitPattern: generator.next())
        }
        try check(values.map(Property.int), seed: seed) { ($0.int ?? 0) < ($1.int ?? 0) }
        let times = values.map { Property.timestamp(Timestamp(rawValue: $0)) }
        try check(times, seed: seed) {
            ($0.timestamp?.rawValue ?? 0) < ($1.timestamp?.rawValue ?? 0)
        }
        try check([.bool(true), .bool(false), .bool(true)], seed: seed) {
            $0 == .bool(false) && $1 == .bool(true)
        }
    }

    /// Texts around the 200 bytes that an index keeps, of few letters, so that many begin alike.
    @Test(arguments: UInt64(0)..<8) func textsAreInOrder(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let letters = ["\0", "\u{1}", "\u{2}", "a", "b", "é", "\u{FFFF}", "🍐"]
        let texts = (0..<60).map { position in
            let start =
                position % 3 == 0
                ? "" : String(repeating: position % 3 == 1 ? "a" : "\0", count: 198)
            return start
                + (0..<generator.below(5)).map { _ in letters[generator.below(8)] }.joined()
        }
        try check(texts.map(Property.string), seed: seed) { left, right in
            (left.string ?? "").utf8.lexicographicallyPrecedes((right.string ?? "").utf8)
        }
    }
}
