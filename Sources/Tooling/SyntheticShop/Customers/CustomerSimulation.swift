import Shop
import Time

/// What all customers see and nobody changes.
final class World: Sendable {
    let configuration: ShopGenerator.Configuration
    let catalogue: Catalogue
    let tastes: Tastes
    let surroundings: Surroundings

    init(configuration: ShopGenerator.Configuration) {
        let catalogue = Catalogue(count: configuration.items, seed: configuration.seed)
        self.configuration = configuration
        self.catalogue = catalogue
        tastes = Tastes(catalogue: catalogue, seed: configuration.seed)
        surroundings = Self.surroundings(
            ShopFeeds(configuration).feeds(catalogue), configuration, catalogue)
    }

    /// The same world in which the days are otherwise.
    init(_ world: World, feeds: ContextFeeds) {
        configuration = world.configuration
        catalogue = world.catalogue
        tastes = world.tastes
        surroundings = Self.surroundings(feeds, world.configuration, world.catalogue)
    }

    private static func surroundings(
        _ feeds: ContextFeeds, _ configuration: ShopGenerator.Configuration,
        _ catalogue: Catalogue
    ) -> Surroundings {
        Surroundings(
            feeds, firstDay: Int(configuration.start.seconds / 86_400),
            dayCount: configuration.days + ShopFeeds.daysAhead, catalogue: catalogue)
    }
}

extension World {
    /// The price of an item on a day of the shop.
    func price(of item: Int, day: Int) -> Double? {
        catalogue.items[item].price.map { usual in
            // Whole cents, as the offer has it.
            (usual * surroundings.priceRatio(of: item, day: day) * 100).rounded() / 100
        }
    }
}

/// The visit that is being recorded: its clock, its ids and the list that events are added to.
struct VisitLog: Sendable {
    /// Events of all customers of a day, customer by customer.
    var events: [Event] = []
    /// Whether events are wanted; if not, only the items bought are kept.
    var keepsEvents = true
    /// The items bought, where events are not kept.
    var purchases: [Int] = []
    /// Seconds since 1970.
    var now: Int64 = 0
    /// The day of the shop.
    var day = 0
    /// The last second of the day, at which the clock stops.
    var lastSecond: Int64 = 0
    var sessionID = ""

    /// Lets time pass, to the end of the day at most.
    mutating func pass(seconds: Int) { now = min(now + Int64(seconds), lastSecond) }
}

/// How often things happen that the ground truth does not name.
private enum Odds {
    static let viewBeforeStaple = 0.25
    static let searchBeforeStaple = 0.06
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

/// One customer as time goes by.
///
/// All draws come from the customer's own stream, so what one does
/// never depends on how many others there are.
struct CustomerSimulation: Sendable {
    private struct Line {
        let item: Int
        var quantity: Int
        /// Needed or planted: stays in the cart whatever happens.
        let isFixed: Bool
    }

    private let index: Int
    private let household: Household
    private var random: ShopRandom
    /// When each staple is needed next, in days since the start of the shop.
    private var needs: [Double]
    /// When each was needed last; `nil` before the first need.
    private var lastNeeds: [Double?]
    private var nextNeed: Double
    /// Since what time each was not to be needed, as far as visits show.
    private var earliestNeeds: [Double]
    /// Planted items that are due in the next basket.
    private var pending: [Int] = []
    private var wishes: [Int] = []
    private var lastBasket: (id: String, items: [Int])?
    private var cart: [Line] = []
    private var eventCount = 0
    private var sessionCount = 0
    private var basketCount = 0

    init(index: Int, household: Household, seed: UInt64) {
        self.index = index
        self.household = household
        var random = ShopRandom(seed: seed, stream: .behaviour(customer: index))
        // The first need falls anywhere in a gap, as if the customer had been there before.
        needs = household.staples.map {
            random.uniform() * random.gamma(mean: $0.meanDays, shape: $0.shape)
        }
        nextNeed = needs.min() ?? .infinity
        lastNeeds = [Double?](repeating: nil, count: needs.count)
        earliestNeeds = [Double](repeating: 0, count: needs.count)
        self.random = random
    }

    /// The same customer on a morning, to whom other things will happen by chance.
    ///
    /// What has run out by then has; when the rest does is drawn anew, given that it was passed over
    /// at the last visit or was bought then. Where a thousand draws do not give such a time, the
    /// customer's own is taken.
    func fork(_ repetition: Int, on day: Int, _ world: World) -> CustomerSimulation {
        var fork = self
        var random = ShopRandom(
            seed: world.configuration.seed,
            stream: .fork(customer: index, repetition: repetition))
        for (place, staple) in household.staples.enumerated() where needs[place] >= Double(day) {
            let earliest = max(Double(day), earliestNeeds[place])
            assert(needs[place] >= earliest, "a need is where it could not be")
            for _ in 0..<1000 {
                let gap = random.gamma(mean: staple.meanDays, shape: staple.shape)
                let need = lastNeeds[place].map { $0 + gap } ?? random.uniform() * gap
                if need >= earliest {
                    fork.needs[place] = need
                    break
                }
            }
        }
        fork.nextNeed = fork.needs.min() ?? .infinity
        fork.random = random
        return fork
    }

    /// Lives through a day; 0 is the first of the shop.
    mutating func live(day: Int, world: World, log: inout VisitLog) {
        if let last = household.leavesOnDay, day >= last { return }
        let firstSecond = world.configuration.start.seconds + Int64(day) * 86_400
        let weekday = Calendar.weekday(firstSecond / 86_400)
        let isNeeded = nextNeed < Double(day + 1)
        let influence = world.surroundings.influence(city: household.cityIndex, day: day)
        let probability =
            isNeeded
            ? Calendar.needVisit[weekday]
            : household.idleVisitProbability * Calendar.idleVisit[weekday] * influence.visits
        guard random.chance(probability) else { return }

        log.day = day
        let hour = Calendar.hours[household.hours].draw(&random)
        log.now = firstSecond + Int64(hour * 3600 + random.integer(below: 3600))
        log.lastSecond = firstSecond + 86_399
        if log.keepsEvents { log.sessionID = uniqueID(.session, sessionCount, world) }
        sessionCount += 1
        visit(isNeeded: isNeeded, influence, world: world, log: &log)
    }

    private mutating func visit(
        isNeeded: Bool, _ influence: Surroundings.Influence, world: World, log: inout VisitLog
    ) {
        cart.removeAll(keepingCapacity: true)
        sendBack(world, &log)
        collectNeeds(world, &log)
        for item in pending where !isInCart(item) {
            look(at: item, world, &log)
            add(item, isFixed: true, world, &log)
        }
        pending.removeAll(keepingCapacity: true)
        browse(isNeeded ? Odds.viewsMean : Odds.viewsMeanWhenIdle, influence, world, &log)
        keepSeason(influence, world, &log)
        reconsider(world, &log)
        guard !cart.isEmpty else { return }
        if !cart.contains(where: \.isFixed), random.chance(Odds.abandon) { return }
        follow(world, &log)
        checkOut(world, &log)
    }

    /// Rarely, something of the last basket goes back.
    private mutating func sendBack(_ world: World, _ log: inout VisitLog) {
        guard let basket = lastBasket, random.chance(Odds.sendBack) else { return }
        let item = basket.items[random.integer(below: basket.items.count)]
        record(.return, item, basketID: basket.id, world: world, log: &log)
        log.pass(seconds: 30)
        lastBasket = nil
    }

    /// Everything that is needed now or soon goes into the cart.
    private mutating func collectNeeds(_ world: World, _ log: inout VisitLog) {
        let endOfDay = Double(log.day + 1)
        for (place, staple) in household.staples.enumerated() {
            // What is cheap today is bought earlier.
            let ratio = world.surroundings.priceRatio(of: staple.item, day: log.day)
            let lookaheadDays = min(
                staple.meanDays / 2,
                staple.lookaheadDays * power(ratio, Couplings.priceLookahead))
            guard needs[place] < endOfDay + lookaheadDays else {
                earliestNeeds[place] = max(earliestNeeds[place], endOfDay + lookaheadDays)
                continue
            }
            earliestNeeds[place] = endOfDay
            if random.chance(Odds.searchBeforeStaple) { search(for: staple.item, world, &log) }
            if random.chance(Odds.viewBeforeStaple) { look(at: staple.item, world, &log) }
            add(staple.item, isFixed: true, world, &log)
            repeat {
                lastNeeds[place] = needs[place]
                needs[place] += random.gamma(mean: staple.meanDays, shape: staple.shape)
            } while needs[place] < endOfDay
        }
        nextNeed = needs.min() ?? .infinity
    }

    /// Looks around by taste, and takes, wishes for or rejects some of what is seen.
    private mutating func browse(
        _ mean: Double, _ influence: Surroundings.Influence, _ world: World, _ log: inout VisitLog
    ) {
        let picker = Picker(
            cluster: world.tastes.clusters[household.cluster].browsing, all: world.tastes.browsing)
        let views = random.geometric(mean: mean, max: 15)
        for view in 0..<views {
            let found = picker.pick(
                priceLevel: household.priceLevel, on: log.day, influence, world, random: &random)
            guard let item = found else { continue }
            if view == 0, random.chance(Odds.searchBeforeBrowsing) {
                search(for: item, world, &log)
            }
            look(at: item, world, &log)
            // Staples keep to their rhythm, and what is chosen already is not chosen again.
            if isStaple(item) || isInCart(item) { continue }
            let ratio = world.surroundings.priceRatio(of: item, day: log.day)
            if random.chance(Odds.cartAfterView * power(ratio, Couplings.priceElasticity)) {
                add(item, isFixed: false, world, &log)
            } else if random.chance(Odds.wishAfterView), !wishes.contains(item) {
                wishes.append(item)
                record(.wishlistAdd, item, world: world, log: &log)
                log.pass(seconds: 4)
            } else if random.chance(Odds.rejectAfterView) {
                record(.reject, item, world: world, log: &log)
                log.pass(seconds: 3)
            }
        }
        if let wish = wishes.last, random.chance(Odds.wishComesTrue) {
            wishes.removeLast()
            record(.wishlistRemove, wish, world: world, log: &log)
            if !isInCart(wish) { add(wish, isFixed: false, world, &log) }
        }
    }

    /// Takes what the time of the year calls for.
    private mutating func keepSeason(
        _ influence: Surroundings.Influence, _ world: World, _ log: inout VisitLog
    ) {
        for season in influence.seasons where random.chance(season.chance) {
            let choice = world.tastes.departments[season.department]
            guard !choice.isEmpty else { continue }
            let item = choice.draw(&random)
            if isStaple(item) || isInCart(item) || !world.catalogue.isOnSale(item, day: log.day) {
                continue
            }
            look(at: item, world, &log)
            add(item, isFixed: true, world, &log)
        }
    }

    /// Sometimes a thing is taken out of the cart again, or one more of it is taken.
    private mutating func reconsider(_ world: World, _ log: inout VisitLog) {
        guard !cart.isEmpty, random.chance(Odds.changeOfMind) else { return }
        let place = random.integer(below: cart.count)
        log.pass(seconds: 5 + random.integer(below: 40))
        if cart[place].isFixed {
            cart[place].quantity += 1
            let line = cart[place]
            record(.cartUpdate, line.item, quantity: line.quantity, world: world, log: &log)
        } else {
            let line = cart.remove(at: place)
            record(.cartRemove, line.item, quantity: line.quantity, world: world, log: &log)
        }
    }

    /// Planted sequences: what is in the cart calls for its follower, now or in the next basket.
    private mutating func follow(_ world: World, _ log: inout VisitLog) {
        for line in cart {
            guard let follower = world.tastes.followers[line.item], !isInCart(follower.item),
                random.chance(follower.probability)
            else { continue }
            if random.chance(Odds.sameBasket) {
                look(at: follower.item, world, &log)
                add(follower.item, isFixed: true, world, &log)
            } else if !pending.contains(follower.item) {
                pending.append(follower.item)
            }
        }
    }

    private mutating func checkOut(_ world: World, _ log: inout VisitLog) {
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

    private func isStaple(_ item: Int) -> Bool {
        household.staples.contains { $0.item == item }
    }

    private func isInCart(_ item: Int) -> Bool { cart.contains { $0.item == item } }

    private mutating func add(
        _ item: Int, isFixed: Bool, _ world: World, _ log: inout VisitLog
    ) {
        let quantity = random.chance(Odds.secondOne) ? 2 : 1
        cart.append(Line(item: item, quantity: quantity, isFixed: isFixed))
        record(.cartAdd, item, quantity: quantity, world: world, log: &log)
        log.pass(seconds: 2 + random.integer(below: 12))
    }

    private mutating func look(at item: Int, _ world: World, _ log: inout VisitLog) {
        let seconds = min(max(random.logNormal(median: 18, sigma: 0.9), 1), 240)
        let dwell = (seconds * 10).rounded() / 10
        record(.view, item, dwell: dwell, world: world, log: &log)
        log.pass(seconds: Int(dwell.rounded(.up)))
    }

    private mutating func search(for item: Int, _ world: World, _ log: inout VisitLog) {
        record(.search, nil, query: world.catalogue.queries[item], world: world, log: &log)
        log.pass(seconds: 3 + random.integer(below: 10))
    }

    private mutating func record(
        _ type: EventType, _ item: Int?, quantity: Int? = nil, dwell: Double? = nil,
        query: String? = nil, basketID: String? = nil, world: World, log: inout VisitLog
    ) {
        guard log.keepsEvents else {
            if type == .purchase, let item { log.purchases.append(item) }
            return
        }
        log.events.append(
            Event(
                eventID: uniqueID(.event, eventCount, world), userID: household.userID,
                itemID: item.map { world.catalogue.items[$0].itemID }, type: type,
                timestamp: Timestamp(seconds: log.now), sessionID: log.sessionID,
                city: household.city, quantity: quantity.map(Double.init),
                price: item.flatMap { world.price(of: $0, day: log.day) }, dwellSeconds: dwell,
                query: query, basketID: basketID))
        eventCount += 1
    }

    private func uniqueID(_ kind: UniqueID.Kind, _ count: Int, _ world: World) -> String {
        UniqueID.text(kind, customer: index, count: count, seed: world.configuration.seed)
    }
}
