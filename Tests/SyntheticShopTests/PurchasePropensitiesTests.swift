import Kernels
import Shop
import Testing
import Time

@testable import SyntheticShop

@Suite("Purchase propensities")
struct PurchasePropensitiesTests {
    private static let shop = Result {
        try ShopGenerator(.init(customers: 250, items: 80, days: 120, seed: 11))
    }
    private static let day = 90
    private static let known = shop.flatMap { shop in
        Result {
            try shop.purchasePropensities(from: day, within: [7, 28], repetitions: 100)
        }
    }

    /// The purchases of each customer within some days of the morning.
    private func bought(within days: Int) throws -> Set<String> {
        let shop = try Self.shop.get()
        let start = shop.configuration.start.seconds + Int64(Self.day) * 86_400
        let end = start + Int64(days) * 86_400
        var result: Set<String> = []
        for event in shop.events() where event.type == .purchase {
            guard event.timestamp.seconds >= start, event.timestamp.seconds < end,
                let item = event.itemID
            else { continue }
            result.insert("\(event.userID) \(item)")
        }
        return result
    }

    @Test("Frequencies agree with probabilities", arguments: [(0, 7), (1, 28)])
    func calibrated(_ horizon: Int, _ days: Int) throws {
        let shop = try Self.shop.get()
        let known = try Self.known.get()
        let bought = try bought(within: days)
        var sums = [Double](repeating: 0, count: 10)
        var hits = [Double](repeating: 0, count: 10)
        var variances = [Double](repeating: 0.001, count: 10)
        for (customer, truth) in shop.truth.customers.enumerated() {
            for item in shop.items {
                let p = known.probability(
                    of: item.itemID, customer: customer, horizon: horizon)
                let bin = min(9, Int(p * 10))
                sums[bin] += p
                hits[bin] += bought.contains("\(truth.userID) \(item.itemID)") ? 1 : 0
                // Items of a basket are correlated, so counts vary more than independent ones. An
                // item without a hit in 100 repetitions may have a probability of some thousandths.
                variances[bin] += 3 * p * (1 - p) + 0.001
            }
        }
        for bin in 0..<10 {
            let distance = abs(hits[bin] - sums[bin])
            let deviation = variances[bin].squareRoot()
            #expect(distance < 4.5 * deviation, "\(hits[bin]), \(sums[bin]) expected")
        }
        #expect(sums[9] > 50 && sums[5] > 50, "every kind of probability occurs")
    }

    @Test("Probabilities grow with the horizon, and customers who left buy nothing")
    func sense() throws {
        let shop = try Self.shop.get()
        let known = try Self.known.get()
        var left = 0
        for (customer, truth) in shop.truth.customers.enumerated() {
            let isGone = truth.leavesOnDay.map { $0 <= Self.day } ?? false
            left += isGone ? 1 : 0
            for item in shop.items {
                let week = known.probability(of: item.itemID, customer: customer, horizon: 0)
                let month = known.probability(of: item.itemID, customer: customer, horizon: 1)
                #expect(week <= month && (0...1).contains(month))
                if isGone { #expect(month == 0) }
            }
            // An item with a need every few days has one within four weeks.
            for recurringItem in truth.recurringItems
            where recurringItem.meanDays < 6 && truth.leavesOnDay == nil {
                #expect(
                    known.probability(of: recurringItem.itemID, customer: customer, horizon: 1)
                        > 0.9)
            }
        }
        #expect(left > 0)
        #expect(known.probability(of: "no such item", customer: 0, horizon: 0) == 0)
        #expect(known.probability(of: shop.items[0].itemID, customer: -1, horizon: 0) == 0)
        #expect(known.probability(of: shop.items[0].itemID, customer: 0, horizon: 2) == 0)
    }

    @Test("The number of threads has no effect, and the call does not change the events")
    func deterministic() throws {
        let shop = try ShopGenerator(.init(customers: 12, items: 40, days: 40, seed: 3))
        let before = Array(shop.events())
        let tables = try [1, 2, 5].map {
            try shop.purchasePropensities(
                from: 30, within: [10], repetitions: 20, threads: $0)
        }
        for item in shop.items {
            for customer in 0..<12 {
                let values = tables.map {
                    $0.probability(of: item.itemID, customer: customer, horizon: 0)
                }
                #expect(Set(values).count == 1)
            }
        }
        #expect(Array(shop.events()) == before)
    }

    @Test("Days and horizons out of range are errors")
    func limits() throws {
        let shop = try ShopGenerator(.init(customers: 2, items: 20, days: 5))
        for (day, horizons, repetitions) in [
            (-1, [7], 10), (4000, [7], 10), (0, [], 10), (0, [0], 10), (0, [7, 7], 10),
            (0, [28, 7], 10), (0, [400], 10), (0, [7], 0),
        ] {
            #expect(throws: ShopError.self) {
                try shop.purchasePropensities(
                    from: day, within: horizons, repetitions: repetitions)
            }
        }
        _ = try shop.purchasePropensities(from: 0, within: [1], repetitions: 1)
    }
}
