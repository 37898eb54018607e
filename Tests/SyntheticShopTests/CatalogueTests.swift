import Shop
import Testing

@testable import SyntheticShop

@Suite struct CatalogueTests {
    @Test(arguments: [10, 15, 16, 77, 300, 999, 2000, 5000, 30_000])
    func namesAndIDsAreDistinct(_ count: Int) throws {
        let items = Catalogue(count: count, seed: 7).items
        #expect(items.count == count)
        #expect(Set(items.map(\.name)).count == count)
        #expect(Set(items.map(\.itemID)).count == count)
    }

    @Test func everyItemIsDescribed() throws {
        let items = Catalogue(count: 5000, seed: 7).items
        for item in items {
            #expect(item.category != nil && item.brand != nil)
            #expect(item.description?.contains(item.brand ?? "?") == true)
            let price = try #require(item.price)
            #expect(price >= 0.09 && price < 500, "\(item.name) costs \(price)")
            #expect(item.name.first?.isUppercase == true)
        }
    }

    @Test func namesAreAsAShopperKnowsThem() {
        let names = Catalogue(count: 300, seed: 7).items.map(\.name)
        #expect(names.contains("Ground coffee, dark roast 500 g"))
        #expect(names.contains("Milk, whole 1 l"))
    }

    @Test func categoriesAreAboutFifteenAndEvenlyStocked() {
        let items = Catalogue(count: 300, seed: 7).items
        let stock = Dictionary(grouping: items) { $0.category ?? "" }
        #expect(stock.count == 15)
        #expect(stock.values.allSatisfy { $0.count == 20 })
    }

    @Test func catalogueOnlyGrowsWithCount() {
        let small = Catalogue(count: 50, seed: 7).items
        let large = Catalogue(count: 4000, seed: 7).items
        #expect(Array(large.prefix(50)) == small)
    }

    @Test func brandsVaryWithinACategory() {
        let items = Catalogue(count: 300, seed: 7).items
        for (category, members) in Dictionary(grouping: items, by: { $0.category ?? "" }) {
            #expect(Set(members.compactMap(\.brand)).count == 5, "\(category)")
        }
    }

    @Test func popularityFollowsZipfInEachCategory() {
        let catalogue = Catalogue(count: 300, seed: 11)
        for department in 0..<15 {
            let weights = catalogue.popularity.indices
                .filter { catalogue.departments[$0] == department }
                .map { catalogue.popularity[$0] }.sorted(by: >)
            #expect(weights == (1...20).map { 1 / Double($0) })
        }
    }

    @Test(
        arguments: zip(
            ["500 g", "1 kg", "2 × 75 ml", "6 × 1 l", "4 pieces", "12 × 1 l"],
            [500.0, 1000, 150, 6000, 4, 12_000]))
    func sizesAreUnderstood(_ text: String, _ amount: Double) {
        #expect(Catalogue.amount(text) == amount)
    }

    @Test func largerSizesCostMore() throws {
        for product in Assortment.departments.flatMap(\.products) {
            for size in product.sizes {
                #expect(Catalogue.amount(size) > 0, "\(product.name) \(size)")
            }
            #expect(!product.variants.isEmpty && !product.sizes.isEmpty)
            #expect(Set(product.sizes).count == product.sizes.count)
            #expect(Set(product.variants).count == product.variants.count)
        }
        #expect(Catalogue.shelfPrice(4.31) == 4.29)
        #expect(Catalogue.shelfPrice(0.001) == 0.09)
    }

    @Test func assortmentIsConsistent() {
        let products = Assortment.departments.flatMap(\.products).map(\.name)
        #expect(Set(products).count == products.count)
        let firsts = Set(Assortment.productPairs.map(\.first))
        let seconds = Set(Assortment.productPairs.map(\.second))
        #expect(firsts.isDisjoint(with: seconds))
        #expect(firsts.union(seconds).isSubset(of: products))
        let departments = Assortment.departments.map(\.name)
        for archetype in Assortment.archetypes {
            #expect(Set(archetype.departments).isSubset(of: departments), "\(archetype.name)")
        }
        #expect(Set(Assortment.brands.map(\.name)).count == Assortment.brands.count)
        for department in departments.indices {
            #expect(Set(Assortment.brands(ofDepartment: department).map(\.name)).count == 5)
        }
    }
}
