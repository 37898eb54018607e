import Testing

@testable import SyntheticShop

/// The random numbers have the distributions of the ground truth.
@Suite struct DrawTests {
    @Test(arguments: zip([6.0, 30, 45.5], [4.0, 9, 1]))
    func gammaHasItsMeanAndShape(_ mean: Double, _ shape: Double) {
        var random = ShopRandom(seed: 5, stream: .catalogue)
        let count = 40_000
        var sum = 0.0
        var squares = 0.0
        for _ in 0..<count {
            let value = random.gamma(mean: mean, shape: shape)
            #expect(value > 0)
            sum += value
            squares += value * value
        }
        let average = sum / Double(count)
        let variance = squares / Double(count) - average * average
        let wanted = mean * mean / shape
        // Five standard errors of the mean; the variance has a larger error.
        #expect(abs(average - mean) < 5 * (wanted / Double(count)).squareRoot(), "\(average)")
        #expect(abs(variance / wanted - 1) < 0.08, "\(variance) and not \(wanted)")
    }

    @Test func geometricHasItsMean() {
        var random = ShopRandom(seed: 6, stream: .catalogue)
        let draws = (0..<20_000).map { _ in random.geometric(mean: 2.5, max: 1000) }
        let mean = Double(draws.reduce(0, +)) / 20_000
        #expect(abs(mean - 2.5) < 0.12, "\(mean)")
        #expect((0..<500).allSatisfy { _ in random.geometric(mean: 50, max: 3) <= 3 })
    }

    @Test func weightedChoiceKeepsProportions() {
        let choice = WeightedChoice([(index: 4, weight: 1), (9, 0), (2, 3), (7, 6)])
        var random = ShopRandom(seed: 7, stream: .tastes)
        var counts: [Int: Int] = [:]
        for _ in 0..<30_000 { counts[choice.draw(&random), default: 0] += 1 }
        #expect(counts[9] == nil)
        for (index, probability) in [(4, 0.1), (2, 0.3), (7, 0.6)] {
            let seen = Double(counts[index] ?? 0) / 30_000
            #expect(abs(seen - probability) < 0.015, "\(index): \(seen)")
        }
        #expect(WeightedChoice([(index: 1, weight: 0)]).isEmpty)
        #expect(!choice.isEmpty)
    }

    @Test func streamsDiffer() {
        var numbers: Set<UInt64> = []
        for customer in 0..<1000 {
            numbers.insert(ShopRandom.Stream.traits(customer: customer).number)
            numbers.insert(ShopRandom.Stream.behaviour(customer: customer).number)
        }
        for stream in [ShopRandom.Stream.catalogue, .tastes, .sequences] {
            numbers.insert(stream.number)
        }
        #expect(numbers.count == 2003)
    }

    @Test func permutationHoldsEachOnce() {
        var random = ShopRandom(seed: 8, stream: .tastes)
        #expect(random.permutation(0).isEmpty)
        let order = random.permutation(200)
        #expect(order.sorted() == Array(0..<200))
        #expect(order != Array(0..<200))
    }

    @Test func weekdayOfKnownDates() {
        #expect(ShoppingTimes.weekday(0) == 3)
        #expect(ShoppingTimes.weekday(20_454) == 3)
        #expect(ShoppingTimes.weekday(4) == 0)
        #expect(ShoppingTimes.hours.count == 3)
    }

    @Test func uniqueIDsAreUniqueAndShort() {
        var seen: Set<String> = []
        for kind in [UniqueID.Kind.event, .session, .basket] {
            for customer in [0, 1, 199_999] {
                for count in 0..<500 {
                    let id = UniqueID.text(kind, customer: customer, count: count, seed: 7)
                    #expect(id.utf8.count == 14)
                    seen.insert(id)
                }
            }
        }
        #expect(seen.count == 4500)
    }

    @Test func numberedIDsHaveFourDigitsOrMore() {
        #expect(numbered("item", 7) == "item-0007")
        #expect(numbered("customer", 123_456) == "customer-123456")
    }
}
