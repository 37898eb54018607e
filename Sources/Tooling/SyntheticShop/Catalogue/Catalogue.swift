import Foundation
import Shop

/// The items of a shop with what the simulation must know of each, by position.
struct Catalogue: Sendable {
    /// What is on sale.
    private(set) var items: [Item] = []
    /// The words that a customer types to find the item.
    private(set) var queries: [String] = []
    /// The department of each item, as a position in ``Assortment/departments``.
    private(set) var departments: [Int] = []
    /// 0 low, 1 middle, 2 high.
    private(set) var priceLevels: [Int] = []
    /// How often a household needs the item, in days.
    private(set) var rhythms: [ClosedRange<Double>] = []
    /// The weight of each item in its department: 1 for the most popular, 1/2 for the second and
    /// so on (Zipf's law).
    private(set) var popularity: [Double] = []
    /// The first day (0 is the first of the shop) on which each item is sold.
    private(set) var launchDays: [Int] = []
    /// The items of each product, by the product's name.
    private(set) var byProduct: [String: [Int]] = [:]

    /// Deals items out to departments, and in each to its products, in turn.
    init(count: Int, seed: UInt64) {
        let departmentCount = Assortment.departments.count
        for index in 0..<count {
            add(department: index % departmentCount, place: index / departmentCount)
        }
        var random = ShopRandom(seed: seed, stream: .catalogue)
        popularity = [Double](repeating: 0, count: count)
        for department in 0..<departmentCount {
            let members = Array(stride(from: department, to: count, by: departmentCount))
            for (rank, place) in random.permutation(members.count).enumerated() {
                popularity[members[place]] = 1 / Double(rank + 1)
            }
        }
        launchDays = Catalogue.launchDays(byProduct, count: count, random: &random)
    }

    /// Whether an item is sold on a day of the shop.
    func isOnSale(_ item: Int, day: Int) -> Bool { day >= launchDays[item] }

    /// The days on which new items came, by item id.
    var laterLaunchDays: [String: Int] {
        Dictionary(
            uniqueKeysWithValues: items.indices.lazy.filter { launchDays[$0] > 0 }.map {
                (items[$0].itemID, launchDays[$0])
            })
    }

    /// One item of twenty is new, from some day of the first half year on; what belongs to a habit
    /// has been there from the beginning.
    private static func launchDays(
        _ byProduct: [String: [Int]], count: Int, random: inout ShopRandom
    ) -> [Int] {
        let habits = Assortment.habits.flatMap { [$0.first, $0.second] }
        let settled = Set(habits.flatMap { byProduct[$0] ?? [] })
        return (0..<count).map { item in
            let isNew = random.chance(0.05)
            let day = 14 + random.integer(below: 150)
            return isNew && !settled.contains(item) ? day : 0
        }
    }

    /// Adds the item at a place of a department.
    ///
    /// Places walk through the products, then through
    /// the variants and sizes of each, then through brands and packs, so that no name comes twice.
    private mutating func add(department: Int, place: Int) {
        let shelf = Assortment.departments[department]
        let brands = Assortment.brands(ofDepartment: department)
        let product = shelf.products[place % shelf.products.count]
        let turn = place / shelf.products.count
        let combinations = product.variants.count * product.sizes.count
        let combination = turn % combinations
        let round = turn / combinations
        let variant = combination % product.variants.count
        let size = product.sizes[
            (combination / product.variants.count + variant) % product.sizes.count]
        let brand =
            round == 0
            ? brands[(place * 3 + turn + department * 2) % brands.count]
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

    /// How much is in a size such as `2 × 75 ml`, to compare with another size of the product.
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
