import Fleet
import Simulation
import Time

/// What the lines of a fleet file add up to, in memory that does not grow with the twins.
struct FleetAggregates: Sendable {
    /// What all twins do with one item.
    struct ItemSums: Sendable {
        /// Expected purchases.
        var expected = 0.0
        /// The square of the standard error of ``expected`` by the number of paths.
        var variance = 0.0
        /// The expected number of customers who take it within the horizon.
        var buyers = 0.0
        /// Of those, who take it first on each day.
        var firsts: [Double]
    }

    /// What one twin does.
    struct TwinSums: Sendable, Hashable {
        var pseudonym: String
        /// Expected purchases.
        var expected: Double
        /// The square of the standard error of ``expected``, as if items knew nothing of each
        /// other.
        var variance: Double
        /// The likeliest item.
        var itemID: String
        var probability: Double
    }

    /// Bands of probability, a tenth each.
    static let bandCount = 10
    /// Twins of a list at most.
    static let listLength = 10

    let span: FleetReader.Span
    let dayCount: Int
    private(set) var items: [String: ItemSums] = [:]
    private(set) var twinCount = 0
    private(set) var lineCount = 0
    /// How many forecasts lie in each band of probability.
    private(set) var bands = [Int](repeating: 0, count: bandCount)
    /// The twins of most and of least expected purchases, the extreme ones first.
    private(set) var most = TopList<TwinSums>(limit: listLength) {
        ($1.expected, $0.pseudonym) < ($0.expected, $1.pseudonym)
    }
    private(set) var least = TopList<TwinSums>(limit: listLength) {
        ($0.expected, $0.pseudonym) < ($1.expected, $1.pseudonym)
    }

    init(_ span: FleetReader.Span) {
        self.span = span
        dayCount = max(1, Int((span.end.seconds - span.origin.seconds + 86_399) / 86_400))
    }

    /// Adds a twin.
    ///
    /// - Returns: What the twin does in all.
    @discardableResult
    mutating func add(_ twin: FleetTwin) -> TwinSums {
        var sums = TwinSums(
            pseudonym: twin.pseudonym, expected: 0, variance: 0, itemID: "", probability: -1)
        let none = ItemSums(firsts: [Double](repeating: 0, count: dayCount))
        let span = span
        for item in twin.items {
            let line = item.line
            let variance = line.expectedError * line.expectedError
            sums.expected += line.expectedCount
            sums.variance += variance
            if line.probability > sums.probability {
                (sums.itemID, sums.probability) = (line.itemID, line.probability)
            }
            bands[min(Self.bandCount - 1, Int(line.probability * Double(Self.bandCount)))] += 1
            Self.add(item, within: span, to: &items[line.itemID, default: none])
        }
        twinCount += 1
        lineCount += twin.items.count
        most.add(sums)
        least.add(sums)
        return sums
    }

    /// Adds the forecast of an item, and spreads its probability over the days of the first
    /// purchase.
    ///
    /// Three quantiles of the time are known. In between, the distribution is taken as uniform.
    private static func add(
        _ item: FleetTwin.Item, within span: FleetReader.Span, to sums: inout ItemSums
    ) {
        let line = item.line
        sums.expected += line.expectedCount
        sums.variance += line.expectedError * line.expectedError
        sums.buyers += line.probability
        let start = span.origin.seconds
        let knots: [(time: Int64, share: Double)] =
            [(start, 0)] + zip(item.firstTimes, [0.1, 0.5, 0.9]).map { ($0.seconds, $1) }
            + [(span.end.seconds, 1)]
        var before = 0.0
        for day in sums.firsts.indices {
            let isLast = day == sums.firsts.count - 1
            let share = isLast ? 1 : share(by: start + Int64(day + 1) * 86_400, knots)
            sums.firsts[day] += max(0, share - before) * line.probability
            before = max(before, share)
        }
    }

    private static func share(by time: Int64, _ knots: [(time: Int64, share: Double)]) -> Double {
        guard let next = knots.firstIndex(where: { $0.time > time }) else { return 1 }
        guard next > 0 else { return 0 }
        let (left, right) = (knots[next - 1], knots[next])
        let way = Double(time - left.time) / Double(max(1, right.time - left.time))
        return left.share + way * (right.share - left.share)
    }
}

/// The first few of very many elements, in their order.
struct TopList<Element: Sendable>: Sendable {
    private(set) var elements: [Element] = []
    private let limit: Int
    private let isBefore: @Sendable (Element, Element) -> Bool

    init(limit: Int, isBefore: @escaping @Sendable (Element, Element) -> Bool) {
        self.limit = limit
        self.isBefore = isBefore
    }

    /// Keeps an element if it is among the first.
    mutating func add(_ element: Element) {
        if elements.count == limit, let last = elements.last, !isBefore(element, last) { return }
        let index = elements.firstIndex { isBefore(element, $0) } ?? elements.count
        elements.insert(element, at: index)
        if elements.count > limit { elements.removeLast() }
    }
}
