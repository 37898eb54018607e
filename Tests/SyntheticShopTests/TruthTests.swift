import Foundation
import Shop
import Testing
import Time

@testable import SyntheticShop

/// The events of the default shop agree with its ground truth.
@Suite struct TruthTests {
    @Test func plantedSequencesShowAtTheirProbability() throws {
        let truth = try Fixture.shop.get().truth
        let baskets = try Fixture.baskets.get()
        #expect(truth.sequences.count >= 40)
        var hits = 0
        var chances = 0
        var promised = 0.0
        var otherHits = 0
        var others = 0
        for sequence in truth.sequences {
            for list in baskets.values {
                // The last basket has no next one.
                for (basket, next) in zip(list, list.dropFirst()) {
                    let follows =
                        basket.items.contains(sequence.secondItemID)
                        || next.items.contains(sequence.secondItemID)
                    if basket.items.contains(sequence.firstItemID) {
                        chances += 1
                        promised += sequence.probability
                        hits += follows ? 1 : 0
                    } else {
                        others += 1
                        otherHits += follows ? 1 : 0
                    }
                }
            }
        }
        #expect(chances > 3000)
        let seen = Double(hits) / Double(chances)
        let truthful = promised / Double(chances)
        let base = Double(otherHits) / Double(others)
        #expect(seen > 20 * base, "\(seen) against \(base)")
        let ratio = seen / truthful
        #expect(ratio > 0.95 && ratio < 1.15, "seen \(seen), planted \(truthful)")
    }

    @Test func singleFrequentSequencesShow() throws {
        let truth = try Fixture.shop.get().truth
        let baskets = try Fixture.baskets.get()
        var checked = 0
        for sequence in truth.sequences {
            var hits = 0.0
            var chances = 0.0
            for list in baskets.values {
                for (basket, next) in zip(list, list.dropFirst())
                where basket.items.contains(sequence.firstItemID) {
                    chances += 1
                    if basket.items.union(next.items).contains(sequence.secondItemID) { hits += 1 }
                }
            }
            guard chances >= 150 else { continue }
            checked += 1
            let p = sequence.probability
            // Four standard errors, plus random purchases.
            let error = 4 * (p * (1 - p) / chances).squareRoot()
            #expect(
                hits / chances > p - error && hits / chances < p + error + 0.08,
                "\(sequence): \(hits / chances)")
        }
        #expect(checked >= 10)
    }

    @Test func repurchaseGapsHaveTheirMean() throws {
        let truth = try Fixture.shop.get().truth
        let baskets = try Fixture.baskets.get()
        var seen: [Double] = []
        for customer in truth.customers where customer.leavesOnDay == nil {
            for recurringItem in customer.recurringItems where recurringItem.meanDays <= 14 {
                let times = (baskets[customer.userID] ?? []).filter {
                    $0.items.contains(recurringItem.itemID)
                }.map { Double($0.time.seconds) / 86_400 }
                guard times.count >= 6, let first = times.first, let last = times.last else {
                    continue
                }
                seen.append((last - first) / Double(times.count - 1) / recurringItem.meanDays)
            }
        }
        let mean = seen.reduce(0, +) / Double(seen.count)
        #expect(seen.count > 300)
        #expect(abs(mean - 1) < 0.05, "mean ratio \(mean) of \(seen.count) staples")
        let near = seen.filter { abs($0 - 1) < 0.3 }
        #expect(Double(near.count) > 0.9 * Double(seen.count))
    }

    @Test func recurringItemsAreRegular() throws {
        // The planted standard deviation is at most half the mean (shape 4 and more).
        let truth = try Fixture.shop.get().truth
        let baskets = try Fixture.baskets.get()
        var variations: [Double] = []
        for customer in truth.customers where customer.leavesOnDay == nil {
            for recurringItem in customer.recurringItems
            where recurringItem.meanDays > 10 && recurringItem.meanDays < 20 {
                let times = (baskets[customer.userID] ?? []).filter {
                    $0.items.contains(recurringItem.itemID)
                }.map { Double($0.time.seconds) / 86_400 }
                let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
                guard gaps.count >= 6 else { continue }
                let mean = gaps.reduce(0, +) / Double(gaps.count)
                let square = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
                variations.append((square / Double(gaps.count - 1)).squareRoot() / mean)
            }
        }
        let mean = variations.reduce(0, +) / Double(variations.count)
        #expect(mean > 0.2 && mean < 0.5, "\(mean) of \(variations.count)")
    }

    @Test func clusterTastesAreVisible() throws {
        let truth = try Fixture.shop.get().truth
        let members = truth.clusters.map { Set($0.itemIDs) }
        let cluster = Dictionary(
            uniqueKeysWithValues: truth.customers.map { ($0.userID, $0.cluster) })
        var own = [Double](repeating: 0, count: members.count)
        var total = own
        for event in try Fixture.events.get() where event.type == .view {
            guard let index = cluster[event.userID], let item = event.itemID else { continue }
            total[index] += 1
            if members[index].contains(item) { own[index] += 1 }
        }
        for (index, list) in truth.clusters.enumerated() {
            let fraction = own[index] / total[index]
            let size = Double(list.itemIDs.count) / 300
            // Some items sampled from the whole catalogue are of the cluster, too.
            #expect(fraction > 0.75 && fraction < 0.95, "\(list.name): \(fraction)")
            #expect(fraction > 2.5 * size, "\(list.name): \(fraction) of \(size)")
        }
    }

    @Test func truthIsWellFormed() throws {
        let shop = try Fixture.shop.get()
        let truth = shop.truth
        let ids = Set(shop.items.map(\.itemID))
        #expect((3...8).contains(truth.clusters.count))
        for cluster in truth.clusters {
            #expect(!cluster.itemIDs.isEmpty && ids.isSuperset(of: cluster.itemIDs))
            let categories = Set(
                cluster.itemIDs.compactMap { id in
                    shop.items.first { $0.itemID == id }?.category
                })
            #expect(categories == Set(cluster.categories))
        }
        let seconds = Set(truth.sequences.map(\.secondItemID))
        #expect(seconds.isDisjoint(with: truth.sequences.map(\.firstItemID)))
        for customer in truth.customers {
            #expect(truth.clusters.indices.contains(customer.cluster))
            #expect((8...25).contains(customer.recurringItems.count), "\(customer.userID)")
            #expect(
                Set(customer.recurringItems.map(\.itemID)).count == customer.recurringItems.count)
            #expect(
                customer.recurringItems.allSatisfy { ids.contains($0.itemID) && $0.meanDays > 3 })
            #expect(seconds.isDisjoint(with: customer.recurringItems.map(\.itemID)))
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func everySeedGivesThreeToEightClustersEvenInTheSmallestShop(_ seed: UInt64) throws {
        for items in [8, 9, 15, 40] {
            let shop = try ShopGenerator(.init(customers: 3, items: items, days: 1, seed: seed))
            #expect((3...8).contains(shop.truth.clusters.count), "seed \(seed), \(items) items")
            #expect(!shop.truth.sequences.isEmpty, "seed \(seed), \(items) items")
        }
    }

    @Test func someCustomersLeaveForGood() throws {
        let shop = try Fixture.shop.get()
        let start = shop.configuration.start.seconds
        let leavers = shop.truth.customers.filter { $0.leavesOnDay != nil }
        #expect(leavers.count > 10 && leavers.count < 80, "\(leavers.count)")
        let days = Dictionary(
            uniqueKeysWithValues: leavers.map { ($0.userID, Int64($0.leavesOnDay ?? 0)) })
        for event in try Fixture.events.get() {
            guard let day = days[event.userID] else { continue }
            #expect(event.timestamp.seconds < start + day * 86_400)
        }
    }

    @Test func priceLevelIsPreferred() throws {
        let shop = try Fixture.shop.get()
        let level = Dictionary(
            uniqueKeysWithValues: shop.truth.customers.map { ($0.userID, $0.priceLevel) })
        let brands = Dictionary(
            uniqueKeysWithValues: Assortment.brands.map { ($0.name, $0.priceLevel) })
        let items = Dictionary(
            uniqueKeysWithValues: shop.items.map { ($0.itemID, brands[$0.brand ?? ""] ?? 1) })
        var counts = [[Double]](repeating: [0, 0, 0], count: 3)
        for event in try Fixture.purchases.get() {
            guard let mine = level[event.userID], let its = items[event.itemID ?? ""] else {
                continue
            }
            counts[mine][its] += 1
        }
        let cheap = counts.map { $0[0] / $0.reduce(0, +) }
        let dear = counts.map { $0[2] / $0.reduce(0, +) }
        #expect(cheap[0] > cheap[2] * 1.3, "\(cheap)")
        #expect(dear[2] > dear[0] * 1.3, "\(dear)")
    }

    @Test func popularityIsSkewed() throws {
        var counts: [String: Int] = [:]
        for event in try Fixture.purchases.get() { counts[event.itemID ?? "", default: 0] += 1 }
        let sorted = counts.values.sorted(by: >)
        let top = sorted.prefix(60).reduce(0, +)
        #expect(Double(top) > 0.45 * Double(sorted.reduce(0, +)))
        #expect(counts.count > 250)
    }
}
