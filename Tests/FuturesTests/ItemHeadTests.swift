import Kernels
import Prediction
import Testing

@testable import Futures
@testable import Learning

@Suite("Items of the LSTM")
struct ItemHeadTests {
    private func network(_ items: Int) -> SequenceModel {
        SequenceModel(
            SequenceWeights.random(.init(itemCount: items, typeCount: 10, width: 16), seed: 3))
    }

    /// Sequences that have seen the same event, of which some ask for another time.
    private func query(_ network: SequenceModel, count: Int, item: Int32 = 7) -> ItemQuery {
        var state = network.initialState(count: 1)
        network.advance(
            &state, items: [item], types: [0], gaps: [TimeGap.beginning], weekParts: [3])
        return network.itemQuery(
            network.state(repeating: state, count: count),
            gaps: (0..<count).map { UInt8($0 % 5) }, weekParts: (0..<count).map { UInt8($0 % 9) },
            types: [UInt8](repeating: 0, count: count))
    }

    private func numbers(_ count: Int) -> [Double] {
        var generator = PhiloxGenerator(seed: 5)
        return (0..<count).map { _ in generator.uniform() }
    }

    @Test(
        "A small catalogue is gone through, and a large one for few paths",
        arguments: [(300, 64), (6000, 16)])
    func exact(_ items: Int, _ paths: Int) {
        let network = network(items)
        let query = query(network, count: paths)
        var head = ItemHead(network)
        for _ in 0..<3 {
            let drawn = head.draw(query, offsets: numbers(paths), at: numbers(2 * paths))
            #expect(drawn == network.drawItems(query, at: numbers(2 * paths)))
        }
        #expect(head.errors.isEmpty)
    }

    @Test("From a large catalogue items are drawn by proposals, whose error is measured")
    func large() {
        let network = network(6000)
        let query = query(network, count: 64)
        var head = ItemHead(network)
        for _ in 0..<20 {
            let drawn = head.draw(query, offsets: numbers(64), at: numbers(64))
            #expect(drawn.allSatisfy { (0..<6000).contains($0) })
        }
        // Made before the first round, renewed before the rounds 1, 2, 4, 8 and 16 from 0.
        #expect(head.errors.count == 1 + 2 * 5)
        #expect(head.errors.allSatisfy { (0..<0.01).contains($0) })
    }

    @Test("Proposals for other paths than they were made for are told by their error")
    func moved() {
        let network = network(6000)
        var head = ItemHead(network)
        _ = head.draw(query(network, count: 64), offsets: numbers(64), at: numbers(64))
        // The same, then paths that ask for quite other items.
        _ = head.draw(query(network, count: 64), offsets: numbers(64), at: numbers(64))
        let far = ItemQuery(
            rows: FloatStorage((0..<64 * 16).map { Float($0 % 7) * 3 }).view(rows: 64, columns: 16))
        _ = head.draw(far, offsets: numbers(64), at: numbers(64))
        // New, old and renewed; then old for the others.
        #expect(head.errors.count >= 4)
        #expect(head.errors[3] > 3 * max(head.errors[0], head.errors[1]))
    }
}
