import Foundation
import Shop

/// The items of a shop with the data that the simulation needs; all arrays are by item index.
struct Catalogue: Sendable {
    /// The items.
    private(set) var items: [Item] = []
    /// The search query for each item.
    private(set) var queries: [String] = []
    /// The department of each item, as an index in ``Assortment/departments``.
    private(set) var departments: [Int] = []
    /// The price level of each item: 0 low, 1 middle, 2 high.
    private(set) var priceLevels: [Int] = []
    /// The range of mean days between two needs of each item.
    private(set) var rhythms: [ClosedRange<Double>] = []
    /// The weight of each item in its department: 1 for the most popular, 1/2 for the second and
    /// so on (Zipf's law).
    private(set) var popularity: [Double] = []
    /// The first day of the shop (from 0) on which each item is on sale.
    private(set) var launchDays: [Int] = []
    /// The items of each product, by the product's name.
    private(set) var byProduct: [String: [Int]] = [:]

    /// Makes items for all departments in turn, and within a department for its products in turn.
    init(count: Int, seed: UInt64) {
        let departmentCount = Assortment.departments.count
        for index in 0..<count {
            add(department: index % departmentCount, position: index / departmentCount)
        }
        var random = ShopRandom(seed: seed, stream: .catalogue)
        popularity = [Double](repeating: 0, count: count)
        for department in 0..<departmentCount {
            let members = Array(stride(from: department, to: count, by: departmentCount))
            for (rank, member) in random.permutation(members.count).enumerated() {
                popularity[members[member]] = 1 / Double(rank + 1)
            }
        }
        launchDays = Catalogue.launchDays(byProduct, count: count, random: &random)
    }

    /// Whether an item is on sale on a day of the shop.
    func isOnSale(_ item: Int, day: Int) -> Bool { day >= launchDays[item] }

    /// The launch days of items that were not on sale at the start, by item id.
    var laterLaunchDays: [String: Int] {
        Dictionary(
            uniqueKeysWithValues: items.indices.lazy.filter { launchDays[$0] > 0 }.map {
                (items[$0].itemID, launchDays[$0])
            })
    }

    /// Samples launch days: one item of twenty comes on sale in the first half year.
    ///
    /// Items of product pairs are on sale from the start.
    private static func launchDays(
        _ byProduct: [String: [Int]], count: Int, random: inout ShopRandom
    ) -> [Int] {
        let productPairs = Assortment.productPairs.flatMap { [$0.first, $0.second] }
        let paired = Set(productPairs.flatMap { byProduct[$0] ?? [] })
        return (0..<count).map { item in
            let isNew = random.chance(0.05)
            let day = 14 + random.integer(below: 150)
            return isNew && !paired.contains(item) ? day : 0
        }
    }

    /// Adds the item at a position of a department.
    ///
    /// Positions go through the products, then through the variants and sizes of each, then through
    /// brands and packs. So all names are distinct.
    private mutating func add(department: Int, position: Int) {
        let shelf = Assortment.departments[department]
        let brands = Assortment.brands(ofDepartment: department)
        let product = shelf.products[position % shelf.products.count]
        let turn = position / shelf.products.count
        let combinations = product.variants.count * product.sizes.count
        let combination = turn % combinations
        let round = turn / combinations
        let variant = combination % product.variants.count
        let size = product.sizes[
            (combination / product.variants.count + variant) % product.sizes.count]
        let brand =
            round == 0
            ? brands[(position * 3 + turn + department * 2) % brands.count]
            : brands[(round - 1) % brands.count]
        let packs = round == 0 ? 1 : (round - 1) / brands.count + 1

        var name = "\(product.name), \(product.variants[variant]) \(size)"
        if round > 0 { name += ", \(brand.name)" }
        if packs > 1 { name += ", pack of \(packs)" }
        let factor = pow(Catalogue.amount(size) / Catalogue.amount(product.sizes[0]), 0.85)
        let price = product.price * factor * brand.priceFactor * pow(Double(packs), 0.95)
        let index = items.count
        items.append(
            Item(
                itemID: numbered("item", index + 1), name: name, category: shelf.name,
                brand: brand.name,
                description: "\(product.name) (\(product.variants[variant])) by \(brand.name), "
                    + "\(size). \(shelf.remark)",
                price: Catalogue.shelfPrice(price)))
        queries.append(product.name.lowercased())
        departments.append(department)
        priceLevels.append(brand.priceLevel)
        rhythms.append(product.rhythm)
        byProduct[product.name, default: []].append(index)
    }

    /// The amount of a size such as `2 × 75 ml`, to compare with other sizes of the product.
    static func amount(_ size: String) -> Double {
        var amount = 1.0
        for word in size.split(separator: " ") {
            if let number = Double(word) { amount *= number }
            if word == "kg" || word == "l" { amount *= 1000 }
        }
        return amount
    }

    /// A price that ends in 9 cents.
    static func shelfPrice(_ price: Double) -> Double {
        (max(1, (price * 10).rounded()) * 10 - 1) / 100
    }
}

/// A readable id such as `item-0042`, of at least four digits.
func numbered(_ kind: String, _ number: Int) -> String {
    let digits = String(number)
    return kind + "-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
