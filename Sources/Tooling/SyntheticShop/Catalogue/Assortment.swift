/// A product, which the shop sells in several variants and sizes.
struct Product: Sendable {
    /// The name, with a capital first letter.
    let name: String
    /// The variants.
    let variants: [String]
    /// The sizes; the first is the standard size.
    let sizes: [String]
    /// The price of the standard size of a brand of the middle price level.
    let price: Double
    /// The range of mean days between two needs of a household that uses it regularly.
    let rhythm: ClosedRange<Double>

    init(
        _ name: String, _ variants: [String], _ sizes: [String], _ price: Double,
        _ rhythm: ClosedRange<Double>
    ) {
        self.name = name
        self.variants = variants
        self.sizes = sizes
        self.price = price
        self.rhythm = rhythm
    }
}

/// A department of the shop.
struct Department: Sendable {
    let name: String
    /// The last sentence of the description of each of its items.
    let remark: String
    let products: [Product]
}

/// A brand.
struct Brand: Sendable {
    let name: String
    /// 0 low, 1 middle, 2 high.
    let priceLevel: Int

    /// The price relative to the middle level.
    var priceFactor: Double { [0.8, 1, 1.4][priceLevel] }
}

/// Two products that are bought one after the other.
struct ProductPair: Sendable {
    let first: String
    let second: String

    init(_ first: String, _ second: String) {
        self.first = first
        self.second = second
    }
}

/// A type of customer, with preferred departments.
struct Archetype: Sendable {
    let name: String
    let departments: [String]

    init(_ name: String, _ departments: [String]) {
        self.name = name
        self.departments = departments
    }
}

/// The products, brands, types of customers and cities of all shops.
///
/// All names except those of cities are made up.
enum Assortment {
    /// The brands; the first is the shop's own brand, which all departments have.
    static let brands: [Brand] = [
        Brand(name: "Plain & Good", priceLevel: 0), Brand(name: "Brookmill", priceLevel: 1),
        Brand(name: "Alder & Finch", priceLevel: 2), Brand(name: "Dayfold", priceLevel: 0),
        Brand(name: "Harrowgate Lane", priceLevel: 1), Brand(name: "Casa Lume", priceLevel: 2),
        Brand(name: "Goodrow", priceLevel: 1), Brand(name: "Tinwhistle", priceLevel: 0),
        Brand(name: "Fennmark", priceLevel: 1), Brand(name: "Otterbank", priceLevel: 2),
        Brand(name: "Sunny Quay", priceLevel: 1), Brand(name: "Wren & Daughters", priceLevel: 2),
        Brand(name: "Millstone Row", priceLevel: 1),
    ]

    /// The brands of a department: the shop's own brand and four others.
    static func brands(ofDepartment department: Int) -> [Brand] {
        [brands[0]] + (0..<4).map { brands[1 + (department * 4 + $0) % (brands.count - 1)] }
    }

    /// The pairs of products; no product is first in one pair and second in another.
    static let productPairs: [ProductPair] = [
        ProductPair("Ground coffee", "Coffee filters"),
        ProductPair("Spaghetti", "Tomato pasta sauce"),
        ProductPair("Penne", "Green pesto"), ProductPair("Tortilla wraps", "Salsa dip"),
        ProductPair("Laundry detergent", "Fabric softener"),
        ProductPair("Dishwasher tablets", "Rinse aid"),
        ProductPair("Toothpaste", "Toothbrush"), ProductPair("Shampoo", "Conditioner"),
        ProductPair("Nappies", "Baby wipes"), ProductPair("Dog food", "Dog treats"),
        ProductPair("Cat food", "Cat litter"), ProductPair("Wheat flour", "Dry yeast"),
        ProductPair("Ice cream", "Ice cream cones"), ProductPair("Black tea", "Butter biscuits"),
    ]

    static let archetypes: [Archetype] = [
        Archetype("Coffee and breakfast", ["Coffee & tea", "Bakery", "Sauces & spreads"]),
        Archetype("Home cook", ["Pasta & rice", "Sauces & spreads", "Baking"]),
        Archetype("Fresh and green", ["Fruit & vegetables", "Dairy & eggs"]),
        Archetype("Family with a baby", ["Baby", "Cleaning", "Dairy & eggs"]),
        Archetype("Pet owner", ["Pets", "Cleaning"]),
        Archetype("Evenings in", ["Snacks & sweets", "Drinks", "Frozen"]),
        Archetype("House and care", ["Personal care", "Cleaning", "Paper & home"]),
        Archetype("Quick and easy", ["Frozen", "Pasta & rice", "Drinks"]),
    ]

    static let cities = [
        "Amsterdam", "Berlin", "Copenhagen", "Dublin", "Helsinki", "Lisbon", "Lyon", "Vienna",
    ]

    /// The mean temperature of each city in degrees Celsius, and the amplitude of the yearly wave.
    static let climates: [(mean: Double, swing: Double)] = [
        (10.5, 7), (10, 10), (9, 9), (10, 5), (6, 12), (17, 6), (13, 9), (11, 10.5),
    ]
}
