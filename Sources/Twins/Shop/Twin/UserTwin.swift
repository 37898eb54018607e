package import Time

/// The digital twin of one customer (`UserTwin` of document 004), read at one moment.
package struct UserTwin: Sendable {
    /// The customer's pseudonym.
    package var userID: String
    /// What the customer did with which items, and what followed what.
    package var itemGraph: ItemGraph
    /// What the customer likes, by what was done.
    package var preferences: Preferences
    /// The time of the newest event; `nil` for a customer without any.
    package var lastUpdated: Timestamp?
    /// The time of the oldest event.
    package var firstEvent: Timestamp?
    /// How many events the twin is made from.
    package var eventCount: Int
    /// The city the customer was in most, with recent visits counting more.
    package var city: String?
    /// What the customer searched for, most and newest first.
    package var searches: [String]

    /// The twin of somebody of whom nothing is known.
    package init(coldUserID: String) {
        userID = coldUserID
        itemGraph = ItemGraph()
        preferences = Preferences()
        eventCount = 0
        searches = []
    }

    /// Whether nothing is known of the customer.
    package var isCold: Bool { eventCount == 0 }

    /// The items that a customer touched and the edges between them.
    package struct ItemGraph: Hashable, Sendable {
        /// Edges from the customer to items, heaviest first.
        package var interactions: [Interaction] = []
        /// Edges from item to item, heaviest first.
        package var sequences: [Transition] = []

        /// The distinct items, in order of their first mention in ``interactions``.
        package var itemIDs: [String] {
            var seen: Set<String> = []
            return interactions.map(\.itemID).filter { seen.insert($0).inserted }
        }
    }

    /// What a customer did with an item.
    package struct Interaction: Hashable, Sendable {
        /// The item.
        package var itemID: String
        /// What was done.
        package var type: EventType
        /// Frequency × recency: what is left of the contributions at the moment of reading.
        package var weight: Double
        /// How many times.
        package var count: Int
        /// The first time.
        package var first: Timestamp
        /// The last time.
        package var last: Timestamp

        /// Creates a value from its parts.
        package init(
            itemID: String, type: EventType, weight: Double, count: Int, first: Timestamp,
            last: Timestamp
        ) {
            self.itemID = itemID
            self.type = type
            self.weight = weight
            self.count = count
            self.first = first
            self.last = last
        }

        /// The type of the edge, such as `PURCHASED`.
        package var edgeType: String { type.edgeName ?? type.name }
    }

    /// That one item was followed by another in one visit.
    package struct Transition: Hashable, Sendable {
        /// The earlier item.
        package var from: String
        /// The later item.
        package var to: String
        /// The edge's type, such as `VIEWED_THEN_PURCHASED`.
        package var type: String
        /// Frequency × recency at the moment of reading.
        package var weight: Double
        /// How many times.
        package var count: Int

        /// Creates a value from its parts.
        package init(from: String, to: String, type: String, weight: Double, count: Int) {
            self.from = from
            self.to = to
            self.type = type
            self.weight = weight
            self.count = count
        }
    }

    /// Shares of what a customer does, by decayed weight; each list sums to 1 and is sorted.
    package struct Preferences: Hashable, Sendable, Codable {
        /// A name and its share.
        package struct Share: Hashable, Sendable, Codable {
            /// The category, brand or part of the day.
            package var name: String
            /// Its share, 0 to 1.
            package var share: Double

            /// Creates a value from its parts.
            package init(name: String, share: Double) {
                self.name = name
                self.share = share
            }
        }

        /// Categories of the items.
        package var categories: [Share] = []
        /// Brands of the items.
        package var brands: [Share] = []
        /// Parts of the day.
        package var dayparts: [Share] = []
        /// The weighted mean price of what was bought; `nil` if no price is known.
        package var priceLevel: Double?

        /// The share of a category, 0 if it never occurred.
        package func share(ofCategory category: String?) -> Double {
            categories.first { $0.name == category }?.share ?? 0
        }
    }
}
