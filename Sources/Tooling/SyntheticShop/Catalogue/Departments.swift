extension Assortment {
    /// The departments.
    ///
    /// Items are made for them in turn, so even the smallest catalogue has the first product of the
    /// first eight departments.
    static let departments: [Department] = food + fresh + household + more

    private static let food: [Department] = [
        Department(
            name: "Pasta & rice", remark: "Keeps for a year in a dry cupboard.",
            products: [
                Product("Spaghetti", ["durum wheat", "wholemeal", "spelt"], grams, 1.79, 10...28),
                Product("Penne", ["durum wheat", "wholemeal", "red lentil"], grams, 1.89, 10...28),
                Product(
                    "Basmati rice", ["white", "brown"], ["1 kg", "500 g", "2 kg"], 3.49, 25...50),
                Product("Couscous", ["medium", "wholemeal"], grams, 2.19, 30...60),
                Product("Egg noodles", ["fine", "broad"], grams, 2.29, 20...45),
            ]),
        Department(
            name: "Sauces & spreads", remark: "Store in the fridge once opened.",
            products: [
                Product(
                    "Tomato pasta sauce", ["basil", "arrabbiata", "olives"], jars, 2.49, 12...30),
                Product("Green pesto", ["basil", "rocket", "vegan"], jars, 2.99, 15...35),
                Product("Honey", ["blossom", "forest", "acacia"], jars, 5.49, 40...80),
                Product("Jam", ["strawberry", "apricot", "raspberry"], jars, 2.79, 20...45),
                Product("Peanut butter", ["smooth", "crunchy"], jars, 3.29, 25...50),
                Product("Olive oil", ["extra virgin", "mild"], ["500 ml", "1 l"], 8.99, 35...70),
            ]),
        Department(
            name: "Coffee & tea", remark: "Packed on the day of roasting or blending.",
            products: [
                Product(
                    "Ground coffee", ["dark roast", "medium roast", "decaf"], coffee, 6.49, 9...22),
                Product(
                    "Coffee filters", ["size 4", "size 2", "unbleached"], counts, 1.99, 40...80),
                Product("Coffee beans", ["espresso", "house blend"], coffee, 9.99, 10...25),
                Product("Black tea", ["breakfast", "earl grey", "assam"], bags, 3.19, 20...45),
                Product("Herbal tea", ["peppermint", "camomile", "rooibos"], bags, 2.99, 20...50),
                Product("Cocoa powder", ["pure", "sweetened"], ["250 g", "500 g"], 3.79, 35...70),
            ]),
    ]

    private static let fresh: [Department] = [
        Department(
            name: "Dairy & eggs", remark: "Keep chilled.",
            products: [
                Product("Milk", ["whole", "semi-skimmed", "lactose-free"], litres, 1.39, 4...8),
                Product("Yoghurt", ["natural", "greek style", "vanilla"], grams, 1.99, 5...12),
                Product("Butter", ["salted", "unsalted"], ["250 g", "125 g"], 2.89, 10...22),
                Product(
                    "Cheddar", ["mild", "mature", "sliced"], ["300 g", "150 g"], 3.79, 9...20),
                Product(
                    "Eggs", ["free range", "organic"], ["10 pieces", "6 pieces"], 3.29, 7...14),
            ]),
        Department(
            name: "Bakery", remark: "Baked in the region.",
            products: [
                Product("Sliced bread", ["wholemeal", "white", "rye"], loaves, 2.49, 4...9),
                Product(
                    "Tortilla wraps", ["wheat", "corn"], ["8 pieces", "6 pieces"], 2.39, 12...30),
                Product(
                    "Bread rolls", ["white", "seeded"], ["6 pieces", "4 pieces"], 1.99, 5...12),
                Product(
                    "Croissants", ["butter", "chocolate"], ["4 pieces", "6 pieces"], 2.99, 8...20),
                Product("Crispbread", ["rye", "sesame"], ["250 g", "500 g"], 2.29, 20...40),
            ]),
        Department(
            name: "Fruit & vegetables", remark: "Sorted by hand.",
            products: [
                Product("Bananas", ["ripe", "fair trade"], ["1 kg", "6 pieces"], 1.99, 4...9),
                Product("Apples", ["sweet", "tart", "organic"], ["1 kg", "2 kg"], 2.99, 6...14),
                Product("Carrots", ["washed", "organic"], ["1 kg", "500 g"], 1.49, 8...18),
                Product("Tomatoes", ["vine", "cherry", "beef"], ["500 g", "1 kg"], 2.79, 5...12),
                Product(
                    "Salad leaves", ["mixed", "rocket", "spinach"], ["150 g", "250 g"], 1.99, 5...11
                ),
                Product("Potatoes", ["waxy", "floury"], ["2 kg", "1 kg"], 2.49, 12...25),
            ]),
    ]

    private static let household: [Department] = [
        Department(
            name: "Cleaning", remark: "Keep away from children.",
            products: [
                Product("Laundry detergent", ["colour", "white", "wool"], litres, 7.99, 30...50),
                Product("Fabric softener", ["fresh", "lavender", "mild"], litres, 3.49, 35...60),
                Product("Dishwasher tablets", ["classic", "all in one"], counts, 8.49, 30...55),
                Product("Rinse aid", ["classic", "lemon"], ["500 ml", "750 ml"], 2.99, 50...90),
                Product(
                    "All-purpose cleaner", ["citrus", "pine"], ["750 ml", "1 l"], 2.79, 40...70),
                Product(
                    "Kitchen sponges", ["scouring", "soft"], ["5 pieces", "10 pieces"], 1.99,
                    25...50),
            ]),
        Department(
            name: "Pets", remark: "Developed with veterinarians.",
            products: [
                Product(
                    "Dog food", ["beef", "chicken", "salmon"], ["2 kg", "5 kg"], 11.99, 14...28),
                Product(
                    "Dog treats", ["beef sticks", "dental"], ["200 g", "500 g"], 3.99, 20...40),
                Product(
                    "Cat food", ["tuna", "poultry", "game"], ["12 pouches", "6 pouches"], 6.99,
                    7...16),
                Product("Cat litter", ["clumping", "wood"], ["10 l", "20 l"], 7.49, 20...35),
                Product("Bird seed", ["mixed", "sunflower"], ["1 kg", "2 kg"], 3.49, 35...70),
            ]),
        Department(
            name: "Personal care", remark: "Kind to the skin.",
            products: [
                Product(
                    "Toothpaste", ["mint", "whitening", "sensitive"], ["75 ml", "2 × 75 ml"], 2.49,
                    35...60),
                Product(
                    "Toothbrush", ["soft", "medium", "bamboo"], ["1 piece", "2 pieces"], 2.99,
                    60...100),
                Product(
                    "Shampoo", ["mild", "volume", "repair"], ["300 ml", "500 ml"], 3.99, 35...65),
                Product(
                    "Conditioner", ["mild", "volume", "repair"], ["250 ml", "500 ml"], 3.99, 40...70
                ),
                Product(
                    "Shower gel", ["citrus", "sea salt"], ["250 ml", "500 ml"], 2.29, 25...45),
                Product(
                    "Razor blades", ["three-blade", "five-blade"], ["4 pieces", "8 pieces"], 8.99,
                    45...80),
            ]),
    ]

    private static let more: [Department] = [
        Department(
            name: "Drinks", remark: "The bottle is returnable.",
            products: [
                Product(
                    "Sparkling water", ["classic", "medium"], ["6 × 1 l", "12 × 1 l"], 3.99,
                    6...14),
                Product("Orange juice", ["smooth", "with pulp"], litres, 2.69, 7...16),
                Product("Lemonade", ["lemon", "elderflower"], litres, 2.29, 12...28),
                Product("Oat drink", ["natural", "barista"], litres, 2.19, 6...14),
                Product("Iced tea", ["peach", "green"], litres, 1.99, 12...30),
            ]),
        Department(
            name: "Snacks & sweets", remark: "Made for sharing.",
            products: [
                Product(
                    "Potato crisps", ["salted", "paprika", "vinegar"], ["200 g", "150 g"], 2.19,
                    8...20),
                Product("Salsa dip", ["mild", "hot"], jars, 2.59, 20...45),
                Product(
                    "Dark chocolate", ["70 %", "85 %", "sea salt"], ["100 g", "200 g"], 2.49, 8...20
                ),
                Product(
                    "Butter biscuits", ["plain", "oat", "ginger"], ["200 g", "400 g"], 1.99, 12...30
                ),
                Product(
                    "Salted nuts", ["cashews", "peanuts", "mixed"], ["200 g", "500 g"], 3.49,
                    15...35),
            ]),
        Department(
            name: "Baby", remark: "Free of perfume.",
            products: [
                Product("Nappies", ["newborn", "midi", "maxi"], counts, 9.99, 8...16),
                Product(
                    "Baby wipes", ["sensitive", "aloe"], ["80 pieces", "4 × 80 pieces"], 2.49,
                    12...28),
                Product(
                    "Baby porridge", ["oat", "rice", "banana"], ["250 g", "500 g"], 3.29, 10...22),
                Product(
                    "Fruit purée", ["apple", "pear", "mango"], ["190 g", "6 × 100 g"], 1.49,
                    6...14),
            ]),
        Department(
            name: "Baking", remark: "For at least eight months.",
            products: [
                Product(
                    "Wheat flour", ["plain", "strong", "wholemeal"], ["1 kg", "2 kg"], 1.19, 20...45
                ),
                Product(
                    "Dry yeast", ["fast", "organic"], ["5 sachets", "10 sachets"], 1.29, 25...55),
                Product("Sugar", ["fine", "brown"], ["1 kg", "500 g"], 1.59, 30...60),
                Product("Vanilla extract", ["pure", "mild"], ["50 ml", "100 ml"], 4.99, 60...120),
            ]),
        Department(
            name: "Frozen", remark: "Store at -18 °C.",
            products: [
                Product(
                    "Ice cream", ["vanilla", "chocolate", "walnut"], ["900 ml", "500 ml"], 4.49,
                    12...30),
                Product(
                    "Ice cream cones", ["wafer", "sugar"], ["12 pieces", "24 pieces"], 1.99, 25...55
                ),
                Product(
                    "Pizza", ["margherita", "salami", "spinach"], ["1 piece", "3 pieces"], 3.29,
                    8...18),
                Product("Garden peas", ["fine", "organic"], ["450 g", "1 kg"], 1.99, 15...35),
                Product("Fish fillets", ["cod", "salmon"], ["250 g", "500 g"], 5.99, 12...28),
            ]),
        Department(
            name: "Paper & home", remark: "From responsible sources.",
            products: [
                Product(
                    "Toilet paper", ["soft", "recycled"], ["8 rolls", "16 rolls"], 4.49, 18...35),
                Product(
                    "Kitchen roll", ["white", "recycled"], ["4 rolls", "8 rolls"], 2.99, 18...40),
                Product("Bin bags", ["35 l", "60 l"], ["20 pieces", "40 pieces"], 2.49, 35...65),
                Product(
                    "Candles", ["white", "beeswax"], ["10 pieces", "4 pieces"], 4.99, 50...110),
                Product("Batteries", ["AA", "AAA"], ["4 pieces", "12 pieces"], 4.49, 60...120),
            ]),
    ]

    private static let grams = ["500 g", "1 kg", "250 g"]
    private static let jars = ["350 g", "190 g", "500 g"]
    private static let coffee = ["500 g", "250 g", "1 kg"]
    private static let litres = ["1 l", "2 l", "500 ml"]
    private static let counts = ["40 pieces", "80 pieces", "20 pieces"]
    private static let bags = ["25 bags", "50 bags"]
    private static let loaves = ["750 g", "500 g"]
}
