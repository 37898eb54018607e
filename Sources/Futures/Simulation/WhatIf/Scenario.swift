import Foundation
package import Prediction
package import Shop

/// Hypothetical changes: of the days ahead, of the items that are shown, or of the past.
package struct Scenario: Sendable, Hashable {
    /// A selection of items.
    package enum Selection: Sendable, Hashable {
        /// One item, by id.
        case item(String)
        /// All items of a category.
        case category(String)
    }

    /// A changed price.
    package struct Price: Sendable, Hashable {
        /// The items.
        package var items: Selection
        /// The price as a multiple of the usual one, above 0.
        package var factor: Double

        /// Creates a changed price.
        package init(_ items: Selection, factor: Double) {
            self.items = items
            self.factor = factor
        }
    }

    /// The days that are changed, in days since 1970; all days of the horizon unless given.
    package var days: ClosedRange<Int>?
    /// Changed prices.
    ///
    /// If several select an item, the last one counts.
    package var prices: [Price] = []
    /// The ids of items that are unavailable.
    package var unavailable: Set<String> = []
    /// The mean temperature of each of the days, in degrees Celsius.
    package var temperature: Double?
    /// The precipitation of each of the days, in millimetres.
    package var precipitation: Double?
    /// The kinds of public events that take place on each of the days.
    package var addedEventKinds: Set<String> = []
    /// The kinds of public events that take place on none of the days.
    package var removedEventKinds: Set<String> = []
    /// The ids of items that are shown.
    ///
    /// Each customer views them at the origin, in this order.
    package var shownItems: [String] = []
    /// The ids of past events that are ignored, as if they had not happened.
    package var ignoredEvents: Set<String> = []

    /// Creates a scenario without changes.
    package init() {}

    /// Whether the days ahead are changed.
    var changesDays: Bool {
        !prices.isEmpty || !unavailable.isEmpty || temperature != nil || precipitation != nil
            || !addedEventKinds.isEmpty || !removedEventKinds.isEmpty
    }

    /// Checks that the model and the store know everything that the scenario names.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - items: The store's items.
    /// - Throws: ``FuturesError`` that names the unknown or the value out of range.
    package func validate(_ model: PredictionModel, items: [Item]) throws(FuturesError) {
        for id in unavailable.sorted() + shownItems { try check(item: id, model) }
        let response = model.response
        for price in prices {
            guard price.factor.isFinite, price.factor > 0, price.factor <= 100 else {
                throw FuturesError(
                    "A price is \(price.factor) times the usual price. Use a factor above 0 and at "
                        + "most 100.")
            }
            switch price.items {
            case .item(let id):
                try check(item: id, model)
                guard items.first(where: { $0.itemID == id })?.price ?? 0 > 0 else {
                    throw FuturesError(
                        "The item '\(id.prefix(80))' has no price in the catalogue. Add one.")
                }
            case .category(let name): try check(category: name, items)
            }
            guard !response.elasticities.isEmpty else {
                throw FuturesError(
                    "The model cannot predict the effect of a price, because it was trained "
                        + "without price changes.", remedy: .addFeeds("earlier offers"))
            }
        }
        try checkDays(response)
    }

    private func check(item id: String, _ model: PredictionModel) throws(FuturesError) {
        guard model.catalogue.index(of: id) != nil else {
            throw FuturesError(
                "The model does not know the item '\(id.prefix(80))'. Use an item of its "
                    + "catalogue, or train again if the item is new.")
        }
    }

    private func check(category name: String, _ items: [Item]) throws(FuturesError) {
        let names = Set(items.compactMap(\.category))
        guard names.contains(name) else {
            throw FuturesError(
                "There is no category '\(name.prefix(80))'. The categories are: "
                    + "\(names.sorted().prefix(30).joined(separator: ", ")).")
        }
    }

    private func checkDays(_ response: DemandResponseModel) throws(FuturesError) {
        if let temperature, !(-90...60).contains(temperature) {
            throw FuturesError("The temperature is \(temperature) °C. Use one from -90 to 60.")
        }
        if let precipitation, !(0...2000).contains(precipitation) {
            throw FuturesError(
                "The precipitation is \(precipitation) mm. Use a number from 0 to 2000.")
        }
        let asksForWeather = temperature != nil || precipitation != nil
        guard !asksForWeather || response.features.contains(.rain) else {
            throw FuturesError(
                "The model knows nothing of weather.",
                remedy: .addFeeds("the weather of the past"))
        }
        for kind in addedEventKinds.union(removedEventKinds).sorted()
        where !response.features.contains(.during(kind))
            && !response.features.contains(.before(kind))
        {
            throw FuturesError(
                "The model knows nothing of events of the kind '\(kind.prefix(80))'.",
                remedy: .addFeeds("those of the past"))
        }
    }

    /// Applies the scenario to feeds.
    ///
    /// - Parameters:
    ///   - feeds: The feeds as they are.
    ///   - items: The store's items.
    ///   - horizon: The days ahead, in days since 1970.
    /// - Returns: The feeds with changed days. Weather values that neither the scenario nor a
    ///   forecast gives are NaN.
    package func applied(
        to feeds: ContextFeeds, items: [Item], horizon: ClosedRange<Int>
    ) -> ContextFeeds {
        let days = (days ?? horizon).clamped(to: horizon)
        var feeds = feeds
        if temperature != nil || precipitation != nil {
            for (city, known) in feeds.weather {
                for day in days {
                    feeds.weather[city]?[day] = Weather(
                        temperature: temperature ?? known[day]?.temperature ?? .nan,
                        precipitation: precipitation ?? known[day]?.precipitation ?? .nan)
                }
            }
        }
        feeds.events.removeAll { event in
            removedEventKinds.contains(event.kind) && event.firstDay <= days.upperBound
                && event.lastDay >= days.lowerBound
        }
        for kind in addedEventKinds.sorted() {
            feeds.events.append(
                CalendarEvent(
                    uid: "scenario-\(kind)", name: kind, kind: kind, firstDay: days.lowerBound,
                    lastDay: days.upperBound))
        }
        for item in items {
            let selections: [Selection?] = [
                .item(item.itemID), item.category.map { .category($0) },
            ]
            let change = prices.last { selections.contains($0.items) }
            guard let change, let price = item.price else { continue }
            // Offers stay on the days before and after.
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
    /// The parts of the offer before and after some days.
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
