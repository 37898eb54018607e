public import PropertyGraph

/// The digital twin of one customer (`UserTwin` of document 004), read at one moment.
public struct UserTwin: Sendable {
    /// The customer's pseudonym.
    public var userID: String
    /// What the customer did with which items, and what followed what.
    public var itemGraph: ItemGraph
    /// What the customer likes, by what was done.
    public var preferences: Preferences
    /// The time of the newest event; `nil` for a customer without any.
    public var lastUpdated: Timestamp?
    /// The time of the oldest event.
    public var firstEvent: Timestamp?
    /// How many events the twin is made from.
    public var eventCount: Int
    /// The city the customer was in most, with recent visits counting more.
    public var city: String?
    /// What the customer searched for, most and newest first.
    public var searches: [String]

    /// The twin of somebody of whom nothing is known.
    public init(coldUserID: String) {
        userID = coldUserID
        itemGraph = ItemGraph()
        preferences = Preferences()
        eventCount = 0
        searches = []
    }

    /// Whether nothing is known of the customer.
    public var isCold: Bool { eventCount == 0 }

    /// The items that a customer touched and the edges between them.
    public struct ItemGraph: Hashable, Sendable {
        /// Edges from the customer to items, heaviest first.
        public var interactions: [Interaction] = []
        /// Edges from item to item, heaviest first.
        public var sequences: [Transition] = []

        /// The distinct items, in order of their first mention in ``interactions``.
        public var itemIDs: [String] {
            var seen: Set<String> = []
            return interactions.map(\.itemID).filter { seen.insert($0).inserted }
        }
    }

    /// What a customer did with an item.
    public struct Interaction: Hashable, Sendable {
        /// The item.
        public var itemID: String
        /// What was done.
        public var type: EventType
        /// Frequency × recency: what is left of the contributions at the moment of reading.
        public var weight: Double
        /// How many times.
        public var count: Int
        /// The first time.
        public var first: Timestamp
        /// The last time.
        public var last: Timestamp

        /// The type of the edge, such as `PURCHASED`.
        public var edgeType: String { EdgeType.interaction(type).rawValue }
    }

    /// That one item was followed by another in one visit.
    public struct Transition: Hashable, Sendable {
        /// The earlier item.
        public var from: String
        /// The later item.
        public var to: String
        /// The edge's type, such as `VIEWED_THEN_PURCHASED`.
        public var type: String
        /// Frequency × recency at the moment of reading.
        public var weight: Double
        /// How many times.
        public var count: Int
    }

    /// Shares of what a customer does, by decayed weight; each list sums to 1 and is sorted.
    public struct Preferences: Hashable, Sendable, Codable {
        /// A name and its share.
        public struct Share: Hashable, Sendable, Codable {
            /// The category, brand or part of the day.
            public var name: String
            /// Its share, 0 to 1.
            public var share: Double
        }

        /// Categories of the items.
        public var categories: [Share] = []
        /// Brands of the items.
        public var brands: [Share] = []
        /// Parts of the day.
        public var dayparts: [Share] = []
        /// The weighted mean price of what was bought; `nil` if no price is known.
        public var priceLevel: Double?

        /// The share of a category, 0 if it never occurred.
        public func share(ofCategory category: String?) -> Double {
            categories.first { $0.name == category }?.share ?? 0
        }
    }
}
