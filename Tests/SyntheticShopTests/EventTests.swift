import Shop
import Testing
import Time

@testable import SyntheticShop

/// The default shop, which all tests use.
enum Fixture {
    static let shop = Result { try ShopGenerator() }
    static let events = shop.map { Array($0.events()) }
    static let purchases = events.map { $0.filter { $0.type == .purchase } }
    /// The baskets of each customer in time order.
    static let baskets = purchases.map { purchases in
        var baskets: [String: [Basket]] = [:]
        for event in purchases {
            guard let id = event.basketID, let item = event.itemID else { continue }
            var last = baskets[event.userID]?.popLast()
            if last?.id != id {
                if let last { baskets[event.userID, default: []].append(last) }
                last = Basket(id: id, time: event.timestamp)
            }
            last?.items.insert(item)
            if let last { baskets[event.userID, default: []].append(last) }
        }
        return baskets
    }

    struct Basket: Sendable {
        let id: String
        let time: Timestamp
        var items: Set<String> = []
    }
}

@Suite struct EventTests {
    @Test func defaultSizeIsAsPromised() throws {
        let events = try Fixture.events.get()
        #expect((120_000...180_000).contains(events.count), "\(events.count)")
        let expected = 600 * 180 * ShopGenerator.Configuration.eventsPerHundredCustomerDays / 100
        #expect(abs(Double(events.count) / Double(expected) - 1) < 0.1)
    }

    @Test func eventsAreInTimeOrderAndInThePeriod() throws {
        let events = try Fixture.events.get()
        let start = try Fixture.shop.get().configuration.start
        let end = Timestamp(seconds: start.seconds + 180 * 86_400)
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
        #expect(events.allSatisfy { $0.timestamp >= start && $0.timestamp < end })
    }

    @Test func everyEventIsValid() throws {
        let shop = try Fixture.shop.get()
        let prices = Dictionary(uniqueKeysWithValues: shop.items.map { ($0.itemID, $0.price) })
        let cities = Dictionary(
            uniqueKeysWithValues: shop.truth.customers.map { ($0.userID, $0.city) })
        let broken = try Fixture.events.get().filter { event in
            if event.eventID == nil || event.sessionID == nil { return true }
            if event.city == nil || event.city != cities[event.userID] { return true }
            guard let item = event.itemID else {
                return event.type != .search || event.query?.isEmpty != false
            }
            if event.query != nil || event.type == .search { return true }
            guard let price = prices[item] ?? nil, let paid = event.price, paid > 0.5 * price,
                paid <= price
            else { return true }
            if (event.type == .view) != (event.dwellSeconds != nil) { return true }
            if let dwell = event.dwellSeconds, !(1...240).contains(dwell) { return true }
            let isOrder = event.type == .purchase || event.type == .return
            if isOrder != (event.basketID != nil) { return true }
            let counts: Set<EventType> = [.cartAdd, .cartRemove, .cartUpdate, .purchase]
            if counts.contains(event.type) != (event.quantity != nil) { return true }
            return (event.quantity ?? 1) < 1
        }
        #expect(broken.isEmpty, "\(broken.prefix(3))")
    }

    @Test func idsAreUnique() throws {
        let events = try Fixture.events.get()
        #expect(Set(events.compactMap(\.eventID)).count == events.count)
    }

    @Test func sessionsAndIDsDoNotRevealTheCustomer() throws {
        var owners: [String: String] = [:]
        for event in try Fixture.events.get() {
            let session = try #require(event.sessionID)
            #expect(
                owners.updateValue(event.userID, forKey: session) ?? event.userID == event.userID)
            #expect(!session.contains("customer"))
        }
    }

    @Test func everyTypeOccursAndRareOnesAreRare() throws {
        let events = try Fixture.events.get()
        let counts = Dictionary(grouping: events, by: \.type).mapValues(\.count)
        #expect(Set(counts.keys) == Set(EventType.allCases.filter { $0.role == .behaviour }))
        for type in [EventType.cartRemove, .wishlistAdd, .wishlistRemove, .reject, .return] {
            let fraction = Double(counts[type] ?? 0) / Double(events.count)
            #expect(fraction > 0.0003 && fraction < 0.01, "\(type.name): \(fraction)")
        }
        #expect((counts[.purchase] ?? 0) <= (counts[.cartAdd] ?? 0))
    }

    @Test func basketsHaveOneTimeOneSessionAndOneCustomer() throws {
        let groups = Dictionary(grouping: try Fixture.purchases.get()) { $0.basketID }
        for (id, events) in groups {
            #expect(id != nil)
            #expect(Set(events.map(\.timestamp)).count == 1)
            #expect(Set(events.map(\.sessionID)).count == 1)
            #expect(Set(events.map(\.userID)).count == 1)
            #expect(Set(events.map(\.itemID)).count == events.count, "an item twice in a basket")
        }
        let mean = Double(try Fixture.purchases.get().count) / Double(groups.count)
        #expect(mean > 1.5 && mean < 6, "\(mean) items a basket")
    }

    @Test func whatIsBoughtWasInTheCart() throws {
        var carts: [String: [String: Double]] = [:]
        for event in try Fixture.events.get() {
            guard let session = event.sessionID, let item = event.itemID else { continue }
            switch event.type {
            case .cartAdd, .cartUpdate: carts[session, default: [:]][item] = event.quantity
            case .cartRemove: carts[session]?[item] = nil
            case .purchase: #expect(carts[session]?[item] == event.quantity)
            default: break
            }
        }
    }

    @Test func returnsNameAnEarlierBasket() throws {
        var bought: Set<[String?]> = []
        for event in try Fixture.events.get() {
            let line = [event.userID, event.basketID, event.itemID]
            if event.type == .purchase { bought.insert(line) }
            if event.type == .return { #expect(bought.contains(line)) }
        }
    }

    @Test func weekAndDayFollowTheirProfiles() throws {
        var hours = [Int](repeating: 0, count: 24)
        var weekdays = [Int](repeating: 0, count: 7)
        for event in try Fixture.purchases.get() {
            hours[event.timestamp.hour] += 1
            weekdays[ShoppingTimes.weekday(event.timestamp.seconds / 86_400)] += 1
        }
        #expect(hours[0..<5].allSatisfy { $0 == 0 })
        #expect(hours[18] > 3 * hours[22])
        // On Sunday most needs are put off.
        #expect(weekdays.min() == weekdays[6])
    }
}

@Suite struct DeterminismTests {
    private func events(
        customers: Int = 20, items: Int = 60, days: Int = 25, seed: UInt64 = 3
    ) throws -> [Event] {
        let configuration = ShopGenerator.Configuration(
            customers: customers, items: items, days: days, seed: seed)
        return Array(try ShopGenerator(configuration).events())
    }

    @Test func sameSeedSameEvents() throws {
        let first = try events()
        #expect(first == (try events()))
        #expect(first.count > 200)
    }

    @Test func otherSeedOtherEvents() throws {
        let first = try events()
        let second = try events(seed: 4)
        #expect(first != second)
        #expect(Set(first.map(\.eventID)).isDisjoint(with: second.map(\.eventID)))
    }

    @Test func iteratingTwiceGivesTheSame() throws {
        let shop = try ShopGenerator(.init(customers: 10, items: 40, days: 20))
        #expect(Array(shop.events()) == Array(shop.events()))
    }

    @Test func customerIsUnchangedWhenCustomersAreAdded() throws {
        let few = try events(customers: 7)
        let many = try events(customers: 300)
        let users = Set(few.map(\.userID))
        #expect(many.filter { users.contains($0.userID) } == few)
        let truth = try ShopGenerator(.init(customers: 7, items: 60, days: 25, seed: 3)).truth
        let larger = try ShopGenerator(.init(customers: 300, items: 60, days: 25, seed: 3)).truth
        #expect(Array(larger.customers.prefix(7)) == truth.customers)
    }

    @Test func pastIsUnchangedWhenDaysAreAdded() throws {
        let short = try events(days: 10)
        let long = try events(days: 40)
        #expect(Array(long.prefix(short.count)) == short)
    }
}
