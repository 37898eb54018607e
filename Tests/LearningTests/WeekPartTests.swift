import Kernels
import Testing

@testable import Learning

/// Sequences whose events come after one to sixty days, at any time of the week.
///
/// `rule` gives item and type by the part of the week, the part of the previous event, and a random
/// number.
private func scattered(
    seed: UInt64, _ rule: (_ part: Int, _ before: Int, _ chance: Int) -> (item: Int, type: Int)
) -> EventSequences {
    var generator = PhiloxGenerator(seed: seed)
    var result = EventSequences()
    for _ in 0..<300 {
        var times: [Int64] = [1_700_000_000 + Int64(generator.integer(below: 5_000_000))]
        for _ in 1..<20 {
            times.append((times.last ?? 0) + 86_400 + Int64(generator.integer(below: 5_097_600)))
        }
        let parts = times.map { WeekPart.index(time: $0) }
        let events = zip(parts, [0] + parts).map { part, before in
            rule(part, before, generator.integer(below: 2))
        }
        result.append(
            items: events.map { Int32($0.item) }, types: events.map { UInt8($0.type) },
            times: times)
    }
    return result
}

@Suite("Parts of the week")
struct WeekPartTests {
    @Test("A week has 56 parts of three hours, before 1970 too")
    func index() {
        let start: Int64 = 1_767_225_600 - 1_767_225_600 % 604_800
        for week in [start, 0, -604_800, -52 * 604_800] as [Int64] {
            for part in 0..<56 {
                let first = week + Int64(part) * 10_800
                #expect(WeekPart.index(time: first) == part)
                #expect(WeekPart.index(time: first + 10_799) == part)
            }
        }
        #expect((0..<56).contains(WeekPart.index(time: .min)))
        #expect((0..<56).contains(WeekPart.index(time: .max)))
        #expect(WeekPart.unknown >= WeekPart.count)
    }

    private func model(
        _ rule: (_ part: Int, _ before: Int, _ chance: Int) -> (item: Int, type: Int)
    ) throws -> SequenceModel {
        var configuration = smallConfiguration(epochs: 15)
        configuration.dropout = 0.2
        return try SequenceTrainer(configuration).train(
            scattered(seed: 1, rule), validation: scattered(seed: 2, rule), itemCount: 2,
            typeCount: 2, embeddings: nil
        ) { _ in }.model
    }

    private let gap: [UInt8] = [UInt8(TimeGap.index(seconds: 20 * 86_400))]

    @Test("The part of the week of the next event is learned, and an unknown one has no effect")
    func ofTheNextEvent() throws {
        let model = try model { part, _, _ in (item: part < 28 ? 0 : 1, type: part % 2) }
        let state = model.replay(items: [0, 1], types: [0, 0], times: [0, 3_000_000])
        for part in 0..<56 {
            let parts = [UInt8(part)]
            let types = model.typeProbabilities(state, gaps: gap, weekParts: parts)
            #expect(types[0, part % 2] > 0.8, "part \(part)")
            let items = model.itemProbabilities(
                state, gaps: gap, weekParts: parts, types: [UInt8(part % 2)])
            #expect(items[0, part < 28 ? 0 : 1] > 0.8, "part \(part)")
        }
        for unknown in [nil, [WeekPart.unknown]] as [[UInt8]?] {
            let types = model.typeProbabilities(state, gaps: gap, weekParts: unknown)
            #expect((0.25...0.75).contains(types[0, 0]))
            let items = model.itemProbabilities(state, gaps: gap, weekParts: unknown, types: [0])
            #expect((0.25...0.75).contains(items[0, 0]))
        }
    }

    @Test("The part of the week of the last event is learned")
    func ofTheLastEvent() throws {
        let model = try model { _, before, chance in (item: chance, type: before < 28 ? 0 : 1) }
        for part in stride(from: 1, to: 56, by: 6) {
            var state = model.initialState(count: 1)
            model.advance(
                &state, items: [0], types: [0], gaps: [TimeGap.beginning],
                weekParts: [UInt8(part)])
            let types = model.typeProbabilities(state, gaps: gap)
            #expect(types[0, part < 28 ? 0 : 1] > 0.8, "part \(part)")
            let replayed = model.replay(items: [0], types: [0], times: [Int64(part) * 10_800])
            #expect(replayed.elements == state.elements)
        }
    }

    @Test("A part of the week that never occurs has no effect")
    func unseen() throws {
        var sequences = EventSequences()
        for _ in 0..<40 {
            sequences.append(items: [0, 1, 0], types: [0, 1, 0], times: [0, 604_800, 1_209_600])
        }
        let model = try SequenceTrainer(smallConfiguration(epochs: 2)).train(
            sequences, validation: EventSequences(), itemCount: 2, typeCount: 2, embeddings: nil
        ) { _ in }.model
        let state = model.replay(items: [0], types: [0], times: [0])
        let unknown = model.itemProbabilities(state, gaps: gap, types: [0])
        for part in 1..<56 {
            let items = model.itemProbabilities(
                state, gaps: gap, weekParts: [UInt8(part)], types: [0])
            #expect(items == unknown)
        }
    }
}
