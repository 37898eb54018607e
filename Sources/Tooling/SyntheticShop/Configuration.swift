package import Time

extension ShopGenerator {
    /// The size of a shop, its period and its seed.
    ///
    /// Any values can be held; ``ShopGenerator/init(_:)`` refuses those that make no shop.
    package struct Configuration: Hashable, Sendable {
        /// How many customers, 1 to 200,000.
        package var customers: Int
        /// How many items, 8 to 100,000.
        package var items: Int
        /// How many days, 1 to 3,650.
        package var days: Int
        /// Selects the shop; the same seed gives the same bytes.
        package var seed: UInt64
        /// The first moment, a midnight in UTC from 1970 on, so that the last day is before 2200.
        package var start: Timestamp

        /// The first second after the last day, in seconds since 1970.
        package var end: Int64 { start.seconds + Int64(days) * 86_400 }

        /// 2026-01-01T00:00:00Z, a Thursday.
        package static let defaultStart = Timestamp(seconds: 1_767_225_600)

        /// Makes a configuration; the defaults give about 150,000 events.
        package init(
            customers: Int = 600, items: Int = 300, days: Int = 180, seed: UInt64 = 7,
            start: Timestamp = defaultStart
        ) {
            self.customers = customers
            self.items = items
            self.days = days
            self.seed = seed
            self.start = start
        }
    }
}

extension ShopGenerator.Configuration: Codable {
    private enum CodingKeys: String, CodingKey { case customers, items, days, seed, start }

    /// Reads a configuration; `start` is a date or moment as text, and what is missing is usual.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        customers = try fields.decodeIfPresent(Int.self, forKey: .customers) ?? customers
        items = try fields.decodeIfPresent(Int.self, forKey: .items) ?? items
        days = try fields.decodeIfPresent(Int.self, forKey: .days) ?? days
        seed = try fields.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        guard let text = try fields.decodeIfPresent(String.self, forKey: .start) else { return }
        guard let moment = Timestamp(text: text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .start, in: fields,
                debugDescription: "start is '\(text.prefix(40))'; use a date such as 2026-01-01")
        }
        start = moment
    }

    /// Writes a configuration; `start` as ISO 8601.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(customers, forKey: .customers)
        try fields.encode(items, forKey: .items)
        try fields.encode(days, forKey: .days)
        try fields.encode(seed, forKey: .seed)
        try fields.encode(start.iso8601, forKey: .start)
    }
}

extension ShopGenerator.Configuration {
    /// Events of a hundred average customers on an average day, as measured at the default size.
    static let eventsPerHundredCustomerDays = 141
    /// A shop is meant for one machine and a few minutes.
    static let eventCountMax = 10_000_000
    /// Truth and state of a customer take about 3 KB, and all are held in memory.
    static let customerCountMax = 200_000
    /// Fewer cannot hold three clusters of taste and a sequence.
    static let itemCountMin = 8
    /// The tables of each cluster are as long as the catalogue.
    static let itemCountMax = 100_000
    /// Ten years.
    static let dayCountMax = 3650
    /// 2200-01-01: event files do not reach beyond it.
    static let endSeconds: Int64 = 7_258_118_400

    /// Throws unless a shop can be made of these values.
    func check() throws(ShopError) {
        try check(customers, "customers", 1...Self.customerCountMax)
        try check(items, "items", Self.itemCountMin...Self.itemCountMax)
        try check(days, "days", 1...Self.dayCountMax)
        let expected = customers * days * Self.eventsPerHundredCustomerDays / 100
        guard expected <= Self.eventCountMax else {
            throw ShopError(
                .setting,
                "\(customers) customers over \(days) days would make about \(expected) events; the "
                    + "most is \(Self.eventCountMax). Use fewer customers or fewer days.")
        }
        guard start.rawValue >= 0, start.rawValue % 86_400_000 == 0 else {
            throw ShopError(
                .setting,
                "start is \(start.iso8601); use a midnight in UTC from 1970 on, such as "
                    + "2026-01-01T00:00:00Z.")
        }
        let lastStart = Self.endSeconds - Int64(days) * 86_400
        guard start.seconds <= lastStart else {
            throw ShopError(
                .setting,
                "\(days) days from \(start.date) end after 2199. Use an earlier start or fewer "
                    + "days."
            )
        }
    }

    private func check(
        _ value: Int, _ name: String, _ range: ClosedRange<Int>
    ) throws(ShopError) {
        guard range.contains(value) else {
            throw ShopError(
                .setting,
                "\(name) is \(value); use a number from \(range.lowerBound) to "
                    + "\(range.upperBound).")
        }
    }
}
