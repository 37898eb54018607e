/// A kind of goods, of which a shop sells several variants and sizes.
struct Product: Sendable {
    /// What a shopper calls it, the first letter large.
    let name: String
    /// The kinds it comes in.
    let variants: [String]
    /// The sizes it comes in, from the usual one on.
    let sizes: [String]
    /// The price of the usual size of a brand of the middle price level.
    let price: Double
    /// How many days pass until a household needs it again, for those who use it regularly.
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
    /// A sentence that ends the description of each of its items.
    let remark: String
    let products: [Product]
}

/// A maker.
struct Brand: Sendable {
    let name: String
    /// 0 low, 1 middle, 2 high.
    let priceLevel: Int

    /// Prices compared with the middle level.
    var priceFactor: Double { [0.8, 1, 1.4][priceLevel] }
}

/// A customer who buys one product often needs the other.
struct Habit: Sendable {
    let first: String
    let second: String

    init(_ first: String, _ second: String) {
        self.first = first
        self.second = second
    }
}

/// A kind of customer.
struct Archetype: Sendable {
    let name: String
    let departments: [String]

    init(_ name: String, _ departments: [String]) {
        self.name = name
        self.departments = departments
    }
}

/// What the shop can sell, to whom, and where they live.
///
/// All names are made up, except of cities.
enum Assortment {
    /// The first is the shop's own brand, which every department carries.
    static let brands: [Brand] = [
        Brand(name: "Plain & Good", priceLevel: 0), Brand(name: "Brookmill", priceLevel: 1),
        Brand(name: "Alder & Finch", priceLevel: 2), Brand(name: "Dayfold", priceLevel: 0),
        Brand(name: "Harrowgate Lane", priceLevel: 1), Brand(name: "Casa Lume", priceLevel: 2),
        Brand(name: "Goodrow", priceLevel: 1), Brand(name: "Tinwhistle", priceLevel: 0),
        Brand(name: "Fennmark", priceLevel: 1), Brand(name: "Otterbank", priceLevel: 2),
        Brand(name: "Sunny Quay", priceLevel: 1), Brand(name: "Wren & Daughters", priceLevel: 2),
        Brand(name: "Millstone Row", priceLevel: 1),
    ]

    /// The brands of a department: the shop's own and four others.
    static func brands(ofDepartment department: Int) -> [Brand] {
        [brands[0]] + (0..<4).map { brands[1 + (department * 4 + $0) % (brands.count - 1)] }
    }

    /// No product is first in one habit and second in another.
    static let habits: [Habit] = [
        Habit("Ground coffee", "Coffee filters"), Habit("Spaghetti", "Tomato pasta sauce"),
        Habit("Penne", "Green pesto"), Habit("Tortilla wraps", "Salsa dip"),
        Habit("Laundry detergent", "Fabric softener"), Habit("Dishwasher tablets", "Rinse aid"),
        Habit("Toothpaste", "Toothbrush"), Habit("Shampoo", "Conditioner"),
        Habit("Nappies", "Baby wipes"), Habit("Dog food", "Dog treats"),
        Habit("Cat food", "Cat litter"), Habit("Wheat flour", "Dry yeast"),
        Habit("Ice cream", "Ice cream cones"), Habit("Black tea", "Butter biscuits"),
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

    /// The mean temperature of each city in degrees Celsius, and how far summer and winter are from
    /// it.
    static let climates: [(mean: Double, swing: Double)] = [
        (10.5, 7), (10, 10), (9, 9), (10, 5), (6, 12), (17, 6), (13, 9), (11, 10.5),
    ]
}
