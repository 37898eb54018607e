package import Time

/// The digital twin of one customer as of one time.
package struct UserTwin: Sendable {
    /// The customer's pseudonym.
    package var userID: String
    /// The customer's items, interactions with them, and transitions between them.
    package var itemGraph: ItemGraph
    /// The customer's preferences, computed from the interactions.
    package var preferences: Preferences
    /// The time of the newest event; `nil` for a customer without events.
    package var lastUpdated: Timestamp?
    /// The time of the oldest event.
    package var firstEvent: Timestamp?
    /// The number of events.
    package var eventCount: Int
    /// The customer's main city; newer events count more.
    package var city: String?
    /// The customer's searches, the most frequent and newest first.
    package var searches: [String]

    /// Creates the twin of an unknown customer.
    package init(coldUserID: String) {
        userID = coldUserID
        itemGraph = ItemGraph()
        preferences = Preferences()
        eventCount = 0
        searches = []
    }

    /// Whether the customer has no events.
    package var isCold: Bool { eventCount == 0 }

    /// A customer's items and the edges between them.
    package struct ItemGraph: Hashable, Sendable {
        /// Edges from the customer to items, heaviest first.
        package var interactions: [Interaction] = []
        /// Edges from item to item, heaviest first.
        package var sequences: [Transition] = []

        /// The distinct items, in the order of ``interactions``.
        package var itemIDs: [String] {
            var seen: Set<String> = []
            return interactions.map(\.itemID).filter { seen.insert($0).inserted }
        }
    }

    /// All events of one type with one item.
    package struct Interaction: Hashable, Sendable {
        /// The item.
        package var itemID: String
        /// The type of the events.
        package var type: EventType
        /// Frequency × recency: the sum of the events' weights, decayed to the time of reading.
        package var weight: Double
        /// The number of events.
        package var count: Int
        /// The time of the first event.
        package var first: Timestamp
        /// The time of the last event.
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

    /// All cases in which one item followed another in the same visit.
    package struct Transition: Hashable, Sendable {
        /// The earlier item.
        package var from: String
        /// The later item.
        package var to: String
        /// The edge's type, such as `VIEWED_THEN_PURCHASED`.
        package var type: String
        /// Frequency × recency at the time of reading.
        package var weight: Double
        /// The number of cases.
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

    /// Fractions of a customer's activity by decayed weight.
    ///
    /// Each list sums to 1 and is sorted.
    package struct Preferences: Hashable, Sendable, Codable {
        /// A name and its fraction.
        package struct Share: Hashable, Sendable, Codable {
            /// The category, brand or part of the day.
            package var name: String
            /// Its fraction, 0 to 1.
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
        /// The weighted mean price of purchases; `nil` if no price is known.
        package var priceLevel: Double?

        /// The fraction of a category; 0 for a category that did not occur.
        package func share(ofCategory category: String?) -> Double {
            categories.first { $0.name == category }?.share ?? 0
        }
    }
}
