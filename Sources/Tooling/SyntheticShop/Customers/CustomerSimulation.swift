import Shop
import Time

/// The immutable data that all customers use.
final class ShopWorld: Sendable {
    let configuration: ShopGenerator.Configuration
    let catalogue: Catalogue
    let tastes: Tastes
    let contextEffects: ContextEffects

    init(configuration: ShopGenerator.Configuration) {
        let catalogue = Catalogue(count: configuration.items, seed: configuration.seed)
        self.configuration = configuration
        self.catalogue = catalogue
        tastes = Tastes(catalogue: catalogue, seed: configuration.seed)
        contextEffects = Self.contextEffects(
            ShopFeeds(configuration).feeds(catalogue), configuration, catalogue)
    }

    /// The same shop with another context.
    init(_ world: ShopWorld, feeds: ContextFeeds) {
        configuration = world.configuration
        catalogue = world.catalogue
        tastes = world.tastes
        contextEffects = Self.contextEffects(feeds, world.configuration, world.catalogue)
    }

    private static func contextEffects(
        _ feeds: ContextFeeds, _ configuration: ShopGenerator.Configuration,
        _ catalogue: Catalogue
    ) -> ContextEffects {
        ContextEffects(
            feeds, firstDay: Int(configuration.start.seconds / 86_400),
            dayCount: configuration.days + ShopFeeds.daysAhead, catalogue: catalogue)
    }
}

extension ShopWorld {
    /// The price of an item on a day of the shop.
    func price(of item: Int, day: Int) -> Double? {
        catalogue.items[item].price.map { regular in
            // Whole cents, as in the offer.
            (regular * contextEffects.priceRatio(of: item, day: day) * 100).rounded() / 100
        }
    }
}

/// The recorder of a visit: its clock, its ids, and the events so far.
struct VisitLog: Sendable {
    /// The events of a day, customer by customer.
    var events: [Event] = []
    /// Whether events are recorded; otherwise only the purchased items are.
    var keepsEvents = true
    /// The purchased items, if events are not recorded.
    var purchases: [Int] = []
    /// The current time in seconds since 1970.
    var now: Int64 = 0
    /// The day of the shop.
    var day = 0
    /// The last second of the day, at which the clock stops.
    var lastSecond: Int64 = 0
    var sessionID = ""

    /// Advances the clock, at most to the end of the day.
    mutating func pass(seconds: Int) { now = min(now + Int64(seconds), lastSecond) }
}

/// The probabilities and means of actions that are not a part of the ground truth.
private enum ActionProbabilities {
    static let viewBeforeRecurringItem = 0.25
    static let searchBeforeRecurringItem = 0.06
    static let secondOne = 0.12
    static let searchBeforeBrowsing = 0.2
    static let cartAfterView = 0.13
    static let wishAfterView = 0.02
    static let rejectAfterView = 0.01
    static let wishComesTrue = 0.06
    static let changeOfMind = 0.1
    static let abandon = 0.3
    static let sameBasket = 0.6
    static let sendBack = 0.015
    static let viewsMean = 1.5
    static let viewsMeanWhenIdle = 4.0
}

/// The simulation of one customer.
///
/// All random numbers are of the customer's own stream. So a customer's events do not depend on the
/// number of other customers.
struct CustomerSimulation: Sendable {
    private struct Line {
        let item: Int
        var quantity: Int
        /// Whether the line cannot be removed: the item is needed, in season or planted.
        let isFixed: Bool
    }

    private let index: Int
    private let traits: CustomerTraits
    private var random: ShopRandom
    /// The next need of each recurring item, in days since the start of the shop.
    private var needs: [Double]
    /// The last need of each; `nil` before the first need.
    private var lastNeeds: [Double?]
    private var nextNeed: Double
    /// A lower bound of each next need, which the visits so far imply.
    private var earliestNeeds: [Double]
    /// Planted items that are due in the next basket.
    private var pending: [Int] = []
    private var wishes: [Int] = []
    private var lastBasket: (id: String, items: [Int])?
    private var cart: [Line] = []
    private var eventCount = 0
    private var sessionCount = 0
    private var basketCount = 0

    init(index: Int, traits: CustomerTraits, seed: UInt64) {
        self.index = index
        self.traits = traits
        var random = ShopRandom(seed: seed, stream: .behaviour(customer: index))
        // The first need is uniform in a gap, as for a customer from before the start.
        needs = traits.recurringItems.map {
            random.uniform() * random.gamma(mean: $0.meanDays, shape: $0.shape)
        }
        nextNeed = needs.min() ?? .infinity
        lastNeeds = [Double?](repeating: nil, count: needs.count)
        earliestNeeds = [Double](repeating: 0, count: needs.count)
        self.random = random
    }

    /// The same customer on a morning, with another random future.
    ///
    /// Needs that are due stay due. The others are sampled again, conditional on not having been
    /// due at the last visit. If a thousand samples give no such time, the customer's own need
    /// stays.
    func fork(_ repetition: Int, on day: Int, _ world: ShopWorld) -> CustomerSimulation {
        var fork = self
        var random = ShopRandom(
            seed: world.configuration.seed,
            stream: .fork(customer: index, repetition: repetition))
        for (index, recurringItem) in traits.recurringItems.enumerated()
        where needs[index] >= Double(day) {
            let earliest = max(Double(day), earliestNeeds[index])
            assert(needs[index] >= earliest, "A need must not be before its lower bound.")
            for _ in 0..<1000 {
                let gap = random.gamma(mean: recurringItem.meanDays, shape: recurringItem.shape)
                let need = lastNeeds[index].map { $0 + gap } ?? random.uniform() * gap
                if need >= earliest {
                    fork.needs[index] = need
                    break
                }
            }
        }
        fork.nextNeed = fork.needs.min() ?? .infinity
        fork.random = random
        return fork
    }

    /// Simulates a day; 0 is the first day of the shop.
    mutating func simulate(day: Int, world: ShopWorld, log: inout VisitLog) {
        if let last = traits.leavesOnDay, day >= last { return }
        let firstSecond = world.configuration.start.seconds + Int64(day) * 86_400
        let weekday = ShoppingTimes.weekday(firstSecond / 86_400)
        let isNeeded = nextNeed < Double(day + 1)
        let dayEffect = world.contextEffects.dayEffect(city: traits.cityIndex, day: day)
        let probability =
            isNeeded
            ? ShoppingTimes.needVisit[weekday]
            : traits.idleVisitProbability * ShoppingTimes.idleVisit[weekday] * dayEffect.visits
        guard random.chance(probability) else { return }

        log.day = day
        let hour = ShoppingTimes.hours[traits.hours].draw(&random)
        log.now = firstSecond + Int64(hour * 3600 + random.integer(below: 3600))
        log.lastSecond = firstSecond + 86_399
        if log.keepsEvents { log.sessionID = uniqueID(.session, sessionCount, world) }
        sessionCount += 1
        visit(isNeeded: isNeeded, dayEffect, world: world, log: &log)
    }

    private mutating func visit(
        isNeeded: Bool, _ dayEffect: ContextEffects.DayEffect, world: ShopWorld, log: inout VisitLog
    ) {
        cart.removeAll(keepingCapacity: true)
        sendBack(world, &log)
        collectNeeds(world, &log)
        for item in pending where !isInCart(item) {
            look(at: item, world, &log)
            add(item, isFixed: true, world, &log)
        }
        pending.removeAll(keepingCapacity: true)
        browse(
            isNeeded ? ActionProbabilities.viewsMean : ActionProbabilities.viewsMeanWhenIdle,
            dayEffect, world, &log)
        buySeasonalItems(dayEffect, world, &log)
        reconsider(world, &log)
        guard !cart.isEmpty else { return }
        if !cart.contains(where: \.isFixed), random.chance(ActionProbabilities.abandon) { return }
        follow(world, &log)
        checkOut(world, &log)
    }

    /// Rarely, returns an item of the last basket.
    private mutating func sendBack(_ world: ShopWorld, _ log: inout VisitLog) {
        guard let basket = lastBasket, random.chance(ActionProbabilities.sendBack) else { return }
        let item = basket.items[random.integer(below: basket.items.count)]
        record(.return, item, basketID: basket.id, world: world, log: &log)
        log.pass(seconds: 30)
        lastBasket = nil
    }

    /// Adds all items to the cart that are needed now or soon.
    private mutating func collectNeeds(_ world: ShopWorld, _ log: inout VisitLog) {
        let endOfDay = Double(log.day + 1)
        for (index, recurringItem) in traits.recurringItems.enumerated() {
            // Cheap items are bought earlier.
            let ratio = world.contextEffects.priceRatio(of: recurringItem.item, day: log.day)
            let lookaheadDays = min(
                recurringItem.meanDays / 2,
                recurringItem.lookaheadDays * power(ratio, GroundTruthEffects.priceLookahead))
            guard needs[index] < endOfDay + lookaheadDays else {
                earliestNeeds[index] = max(earliestNeeds[index], endOfDay + lookaheadDays)
                continue
            }
            earliestNeeds[index] = endOfDay
            if random.chance(ActionProbabilities.searchBeforeRecurringItem) {
                search(for: recurringItem.item, world, &log)
            }
            if random.chance(ActionProbabilities.viewBeforeRecurringItem) {
                look(at: recurringItem.item, world, &log)
            }
            add(recurringItem.item, isFixed: true, world, &log)
            repeat {
                lastNeeds[index] = needs[index]
                needs[index] += random.gamma(
                    mean: recurringItem.meanDays, shape: recurringItem.shape)
            } while needs[index] < endOfDay
        }
        nextNeed = needs.min() ?? .infinity
    }

    /// Views items by taste, and adds some to the cart or the wish list, or rejects them.
    private mutating func browse(
        _ mean: Double, _ dayEffect: ContextEffects.DayEffect, _ world: ShopWorld,
        _ log: inout VisitLog
    ) {
        let sampler = ClusterItemSampler(
            cluster: world.tastes.clusters[traits.cluster].browsing, all: world.tastes.browsing)
        let views = random.geometric(mean: mean, max: 15)
        for view in 0..<views {
            let found = sampler.sample(
                priceLevel: traits.priceLevel, on: log.day, dayEffect, world, random: &random)
            guard let item = found else { continue }
            if view == 0, random.chance(ActionProbabilities.searchBeforeBrowsing) {
                search(for: item, world, &log)
            }
            look(at: item, world, &log)
            // Recurring items keep their rhythm, and no item is added twice.
            if isRecurringItem(item) || isInCart(item) { continue }
            let ratio = world.contextEffects.priceRatio(of: item, day: log.day)
            if random.chance(
                ActionProbabilities.cartAfterView * power(ratio, GroundTruthEffects.priceElasticity)
            ) {
                add(item, isFixed: false, world, &log)
            } else if random.chance(ActionProbabilities.wishAfterView), !wishes.contains(item) {
                wishes.append(item)
                record(.wishlistAdd, item, world: world, log: &log)
                log.pass(seconds: 4)
            } else if random.chance(ActionProbabilities.rejectAfterView) {
                record(.reject, item, world: world, log: &log)
                log.pass(seconds: 3)
            }
        }
        if let wish = wishes.last, random.chance(ActionProbabilities.wishComesTrue) {
            wishes.removeLast()
            record(.wishlistRemove, wish, world: world, log: &log)
            if !isInCart(wish) { add(wish, isFixed: false, world, &log) }
        }
    }

    /// Buys items of departments in season.
    private mutating func buySeasonalItems(
        _ dayEffect: ContextEffects.DayEffect, _ world: ShopWorld, _ log: inout VisitLog
    ) {
        for season in dayEffect.seasons where random.chance(season.chance) {
            let choice = world.tastes.departments[season.department]
            guard !choice.isEmpty else { continue }
            let item = choice.draw(&random)
            if isRecurringItem(item) || isInCart(item)
                || !world.catalogue.isOnSale(item, day: log.day)
            {
                continue
            }
            look(at: item, world, &log)
            add(item, isFixed: true, world, &log)
        }
    }

    /// Sometimes removes a line from the cart, or increases its quantity.
    private mutating func reconsider(_ world: ShopWorld, _ log: inout VisitLog) {
        guard !cart.isEmpty, random.chance(ActionProbabilities.changeOfMind) else { return }
        let index = random.integer(below: cart.count)
        log.pass(seconds: 5 + random.integer(below: 40))
        if cart[index].isFixed {
            cart[index].quantity += 1
            let line = cart[index]
            record(.cartUpdate, line.item, quantity: line.quantity, world: world, log: &log)
        } else {
            let line = cart.remove(at: index)
            record(.cartRemove, line.item, quantity: line.quantity, world: world, log: &log)
        }
    }

    /// Planted sequences: adds the followers of items in the cart, now or to the next basket.
    private mutating func follow(_ world: ShopWorld, _ log: inout VisitLog) {
        for line in cart {
            guard let follower = world.tastes.followers[line.item], !isInCart(follower.item),
                random.chance(follower.probability)
            else { continue }
            if random.chance(ActionProbabilities.sameBasket) {
                look(at: follower.item, world, &log)
                add(follower.item, isFixed: true, world, &log)
            } else if !pending.contains(follower.item) {
                pending.append(follower.item)
            }
        }
    }

    private mutating func checkOut(_ world: ShopWorld, _ log: inout VisitLog) {
        log.pass(seconds: 20 + random.integer(below: 120))
        let basketID = uniqueID(.basket, basketCount, world)
        basketCount += 1
        for line in cart {
            record(
                .purchase, line.item, quantity: line.quantity, basketID: basketID, world: world,
                log: &log)
        }
        lastBasket = (basketID, cart.map(\.item))
    }

    private func isRecurringItem(_ item: Int) -> Bool {
        traits.recurringItems.contains { $0.item == item }
    }

    private func isInCart(_ item: Int) -> Bool { cart.contains { $0.item == item } }

    private mutating func add(
        _ item: Int, isFixed: Bool, _ world: ShopWorld, _ log: inout VisitLog
    ) {
        let quantity = random.chance(ActionProbabilities.secondOne) ? 2 : 1
        cart.append(Line(item: item, quantity: quantity, isFixed: isFixed))
        record(.cartAdd, item, quantity: quantity, world: world, log: &log)
        log.pass(seconds: 2 + random.integer(below: 12))
    }

    private mutating func look(at item: Int, _ world: ShopWorld, _ log: inout VisitLog) {
        let seconds = min(max(random.logNormal(median: 18, sigma: 0.9), 1), 240)
        let dwell = (seconds * 10).rounded() / 10
        record(.view, item, dwell: dwell, world: world, log: &log)
        log.pass(seconds: Int(dwell.rounded(.up)))
    }

    private mutating func search(for item: Int, _ world: ShopWorld, _ log: inout VisitLog) {
        record(.search, nil, query: world.catalogue.queries[item], world: world, log: &log)
        log.pass(seconds: 3 + random.integer(below: 10))
    }

    private mutating func record(
        _ type: EventType, _ item: Int?, quantity: Int? = nil, dwell: Double? = nil,
        query: String? = nil, basketID: String? = nil, world: ShopWorld, log: inout VisitLog
    ) {
        guard log.keepsEvents else {
            if type == .purchase, let item { log.purchases.append(item) }
            return
        }
        log.events.append(
            Event(
                eventID: uniqueID(.event, eventCount, world), userID: traits.userID,
                itemID: item.map { world.catalogue.items[$0].itemID }, type: type,
                timestamp: Timestamp(seconds: log.now), sessionID: log.sessionID,
                city: traits.city, quantity: quantity.map(Double.init),
                price: item.flatMap { world.price(of: $0, day: log.day) }, dwellSeconds: dwell,
                query: query, basketID: basketID))
        eventCount += 1
    }

    private func uniqueID(_ kind: UniqueID.Kind, _ count: Int, _ world: ShopWorld) -> String {
        UniqueID.text(kind, customer: index, count: count, seed: world.configuration.seed)
    }
}
