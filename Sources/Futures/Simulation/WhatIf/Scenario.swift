import Foundation
package import Prediction
package import Shop

/// What might be otherwise: in the days ahead, in what is shown, or in the past.
package struct Scenario: Sendable, Hashable {
    /// The items that something is said of.
    package enum Selection: Sendable, Hashable {
        /// One item, by id.
        case item(String)
        /// All items of a category.
        case category(String)
    }

    /// Another price.
    package struct Price: Sendable, Hashable {
        /// Of what.
        package var items: Selection
        /// The price as a multiple of the usual one, above 0.
        package var factor: Double

        /// Makes another price.
        package init(_ items: Selection, factor: Double) {
            self.items = items
            self.factor = factor
        }
    }

    /// The days on which the days ahead are otherwise, in days since 1970; all unless given.
    package var days: ClosedRange<Int>?
    /// Other prices; the last that speaks of an item counts.
    package var prices: [Price] = []
    /// Items that cannot be had, by id.
    package var unavailable: Set<String> = []
    /// The mean temperature of each of the days, in degrees Celsius.
    package var temperature: Double?
    /// The rain of each of the days, in millimetres.
    package var precipitation: Double?
    /// Kinds of events that each of the days has.
    package var events: Set<String> = []
    /// Kinds of events that none of the days has.
    package var noEvents: Set<String> = []
    /// Items that are shown, by id, the first one first: each customer looks at them at once.
    package var shown: [String] = []
    /// Events of the past that did not happen, by id.
    package var undone: Set<String> = []

    /// Everything is as it is.
    package init() {}

    /// Whether the days ahead are otherwise.
    var changesDays: Bool {
        !prices.isEmpty || !unavailable.isEmpty || temperature != nil || precipitation != nil
            || !events.isEmpty || !noEvents.isEmpty
    }

    /// Checks that the scenario speaks of what the model and the store know.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - items: The store's items.
    /// - Throws: ``FuturesError`` that names what is unknown or out of its range.
    package func validate(_ model: PredictionModel, items: [Item]) throws(FuturesError) {
        for id in unavailable.sorted() + shown { try check(item: id, model) }
        let response = model.response
        for price in prices {
            guard price.factor.isFinite, price.factor > 0, price.factor <= 100 else {
                throw FuturesError(
                    "A price is to be \(price.factor) times the usual one. Use a number above 0.")
            }
            switch price.items {
            case .item(let id):
                try check(item: id, model)
                guard items.first(where: { $0.itemID == id })?.price ?? 0 > 0 else {
                    throw FuturesError(
                        "The item '\(id.prefix(80))' has no usual price. Add its price to the "
                            + "catalogue.")
                }
            case .category(let name): try check(category: name, items)
            }
            guard !response.elasticities.isEmpty else {
                throw FuturesError(
                    "The model has never seen a price other than the usual one, so it cannot say "
                        + "what a price would change.", remedy: .addFeeds("earlier offers"))
            }
        }
        try checkDays(response)
    }

    private func check(item id: String, _ model: PredictionModel) throws(FuturesError) {
        guard model.catalogue.index(of: id) != nil else {
            throw FuturesError(
                "The model does not know the item '\(id.prefix(80))'. Name one of its catalogue, "
                    + "or train again if the item is new.")
        }
    }

    private func check(category name: String, _ items: [Item]) throws(FuturesError) {
        let names = Set(items.compactMap(\.category))
        guard names.contains(name) else {
            throw FuturesError(
                "There is no category '\(name.prefix(80))'. There are: "
                    + "\(names.sorted().prefix(30).joined(separator: ", ")).")
        }
    }

    private func checkDays(_ response: DemandResponseModel) throws(FuturesError) {
        if let temperature, !(-90...60).contains(temperature) {
            throw FuturesError("The temperature is \(temperature) °C. Use one from -90 to 60.")
        }
        if let precipitation, !(0...2000).contains(precipitation) {
            throw FuturesError("The rain is \(precipitation) mm. Use a number from 0 to 2000.")
        }
        let asksForWeather = temperature != nil || precipitation != nil
        guard !asksForWeather || response.features.contains(.rain) else {
            throw FuturesError(
                "The model knows nothing of weather.",
                remedy: .addFeeds("the weather of the past"))
        }
        for kind in events.union(noEvents).sorted()
        where !response.features.contains(.during(kind))
            && !response.features.contains(.before(kind))
        {
            throw FuturesError(
                "The model knows nothing of events of the kind '\(kind.prefix(80))'.",
                remedy: .addFeeds("those of the past"))
        }
    }

    /// What feeds would say of the days ahead.
    ///
    /// - Parameters:
    ///   - feeds: What they say as things are.
    ///   - items: The store's items.
    ///   - horizon: The days ahead, in days since 1970.
    /// - Returns: The same feeds, with other days ahead; what a day's weather has that neither the
    ///   scenario nor a forecast tells is not a number.
    package func applied(
        to feeds: ContextFeeds, items: [Item], horizon: ClosedRange<Int>
    ) -> ContextFeeds {
        let days = (days ?? horizon).clamped(to: horizon)
        var feeds = feeds
        if temperature != nil || precipitation != nil {
            for (city, known) in feeds.weather {
                for day in days {
                    // What is not asked for stays unsaid on a day without a forecast.
                    feeds.weather[city]?[day] = Weather(
                        temperature: temperature ?? known[day]?.temperature ?? .nan,
                        precipitation: precipitation ?? known[day]?.precipitation ?? .nan)
                }
            }
        }
        feeds.events.removeAll { event in
            noEvents.contains(event.kind) && event.firstDay <= days.upperBound
                && event.lastDay >= days.lowerBound
        }
        for kind in events.sorted() {
            feeds.events.append(
                CalendarEvent(
                    uid: "scenario-\(kind)", name: kind, kind: kind, firstDay: days.lowerBound,
                    lastDay: days.upperBound))
        }
        for item in items {
            let names: [Selection?] = [
                .item(item.itemID), item.category.map { .category($0) },
            ]
            let change = prices.last { names.contains($0.items) }
            guard let change, let price = item.price else { continue }
            // The price that is asked otherwise stays on the days before and after.
            feeds.offers = feeds.offers.flatMap {
                $0.itemID == item.itemID ? $0.without(days) : [$0]
            }
            feeds.offers.append(
                Offer(
                    itemID: item.itemID, firstDay: days.lowerBound, lastDay: days.upperBound,
                    price: price * change.factor))
        }
        return feeds
    }
}

extension Offer {
    /// What is left of the offer without some days.
    fileprivate func without(_ days: ClosedRange<Int>) -> [Offer] {
        guard firstDay <= days.upperBound, lastDay >= days.lowerBound else { return [self] }
        var rest: [Offer] = []
        if firstDay < days.lowerBound {
            rest.append(self)
            rest[0].lastDay = days.lowerBound - 1
        }
        if lastDay > days.upperBound {
            rest.append(self)
            rest[rest.count - 1].firstDay = days.upperBound + 1
        }
        return rest
    }
}
