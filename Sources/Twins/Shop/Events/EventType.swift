/// What a customer did, or what the shop did for a customer.
///
/// Raw values are stored on disk and names are in files and models: never change or reuse one,
/// only add. What the engine does with a type is its ``role-swift.property``.
package enum EventType: UInt8, CaseIterable, Sendable, Codable {
    /// Looked at an item.
    case view = 0
    /// Searched; the item may be missing.
    case search = 1
    /// Put an item in the cart.
    case cartAdd = 2
    /// Took an item out of the cart.
    case cartRemove = 3
    /// Changed an item's quantity in the cart.
    case cartUpdate = 4
    /// Bought an item.
    case purchase = 5
    /// Put an item on the wish list.
    case wishlistAdd = 6
    /// Took an item off the wish list.
    case wishlistRemove = 7
    /// Said no to an item that was offered.
    case reject = 8
    /// Sent an item back. It reverses the latest earlier purchase of the item.
    case `return` = 9
    /// An item was displayed.
    case impression = 10
    /// An offer was displayed.
    case offerShown = 11
    /// Took an offer.
    case offerAccepted = 12
    /// Closed an offer.
    case offerDismissed = 13
    /// Kept an item that was suggested for a basket.
    case suggestionAccepted = 14
    /// Took out an item that was suggested for a basket.
    case suggestionRejected = 15
    /// Changed an item that was suggested for a basket, such as its quantity.
    case suggestionChanged = 16
    /// Asked for an item to be held.
    case reservationRequested = 17
    /// Fetched a held item.
    case reservationRedeemed = 18
    /// The hold of an item ended.
    case reservationReleased = 19
    /// Agreed to a delivery.
    case deliveryAccepted = 20
    /// Cancelled a delivery.
    case deliveryCancelled = 21
    /// Moved a delivery to a later time.
    case deliveryPostponed = 22
    /// Looked at a page that is not about one item, such as a category or a list of results.
    case pageView = 23

    /// What the engine does with events of a type.
    package enum Role: Sendable {
        /// The sequence model learns it and simulates it.
        case behaviour
        /// It moves the twin's preferences; models neither learn nor simulate it.
        case signal
        /// It is kept in the log and moves nothing.
        case operational
    }

    /// What the engine does with events of this type.
    package var role: Role {
        switch self {
        case .view, .search, .cartAdd, .cartRemove, .cartUpdate, .purchase, .wishlistAdd,
            .wishlistRemove, .reject, .return:
            .behaviour
        case .offerAccepted, .offerDismissed, .suggestionAccepted, .suggestionRejected, .pageView:
            .signal
        case .impression, .offerShown, .suggestionChanged, .reservationRequested,
            .reservationRedeemed, .reservationReleased, .deliveryAccepted, .deliveryCancelled,
            .deliveryPostponed:
            .operational
        }
    }

    /// Whether an event of this type must name an item.
    ///
    /// Searches and pages may be about none; an offer or a delivery may be about several.
    package var needsItem: Bool {
        switch self {
        case .search, .pageView, .offerShown, .offerAccepted, .offerDismissed, .deliveryAccepted,
            .deliveryCancelled, .deliveryPostponed:
            false
        default: true
        }
    }

    /// Whether the customer said no to the item: it is not recommended any more.
    package var isRefusal: Bool {
        self == .reject || self == .offerDismissed || self == .suggestionRejected
    }

    /// Whether the item's category and brand count as liked.
    package var raisesPreferences: Bool {
        role != .operational && !isRefusal && self != .return
    }

    /// The name used in event files, over HTTP and in models.
    package var name: String {
        switch self {
        case .view: "view"
        case .search: "search"
        case .cartAdd: "cart_add"
        case .cartRemove: "cart_remove"
        case .cartUpdate: "cart_update"
        case .purchase: "purchase"
        case .wishlistAdd: "wishlist_add"
        case .wishlistRemove: "wishlist_remove"
        case .reject: "reject"
        case .return: "return"
        case .impression: "impression"
        case .offerShown: "offer_shown"
        case .offerAccepted: "offer_accepted"
        case .offerDismissed: "offer_dismissed"
        case .suggestionAccepted: "suggestion_accepted"
        case .suggestionRejected: "suggestion_rejected"
        case .suggestionChanged: "suggestion_changed"
        case .reservationRequested: "reservation_requested"
        case .reservationRedeemed: "reservation_redeemed"
        case .reservationReleased: "reservation_released"
        case .deliveryAccepted: "delivery_accepted"
        case .deliveryCancelled: "delivery_cancelled"
        case .deliveryPostponed: "delivery_postponed"
        case .pageView: "page_view"
        }
    }

    /// The type of the edge from a customer to an item for such events, such as `PURCHASED`;
    /// `nil` for operational types, which add no edge.
    package var edgeName: String? {
        switch self {
        case .view: "VIEWED"
        case .search: "FOUND"
        case .cartAdd: "CARTED"
        case .cartRemove: "UNCARTED"
        case .cartUpdate: "RECARTED"
        case .purchase: "PURCHASED"
        case .wishlistAdd: "WISHED"
        case .wishlistRemove: "UNWISHED"
        case .reject: "REJECTED"
        case .return: "RETURNED"
        case .offerAccepted: "ACCEPTED_OFFER"
        case .offerDismissed: "DISMISSED_OFFER"
        case .suggestionAccepted: "ACCEPTED_SUGGESTION"
        case .suggestionRejected: "REJECTED_SUGGESTION"
        case .pageView: "VISITED"
        default: nil
        }
    }

    /// The type with a name of this vocabulary, or with a Segment e-commerce event name.
    ///
    /// Case does not matter; `_`, `-` and blanks count as the same.
    package init?(name: String) {
        if let exact = EventType.names[name] {
            self = exact
            return
        }
        let folded = String(name.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
        guard let type = EventType.names[folded] else { return nil }
        self = type
    }

    /// How much one such event weighs on the edge from customer to item, before decay.
    ///
    /// A purchase says more than a view. These are the twin's bookkeeping; predictions learn
    /// their own weights from data. Operational types weigh nothing.
    package var baseWeight: Double {
        switch self {
        case .pageView: 0.5
        case .view, .search, .cartUpdate, .cartRemove, .wishlistRemove: 1
        case .offerAccepted, .suggestionAccepted: 2
        case .cartAdd, .wishlistAdd: 3
        case .purchase, .reject, .return, .offerDismissed, .suggestionRejected: 5
        case .impression, .offerShown, .suggestionChanged, .reservationRequested,
            .reservationRedeemed, .reservationReleased, .deliveryAccepted, .deliveryCancelled,
            .deliveryPostponed:
            0
        }
    }

    private static let names: [String: EventType] = {
        var names: [String: EventType] = [:]
        for type in allCases { names[type.name] = type }
        let segment: [(String, EventType)] = [
            ("product_viewed", .view), ("product_clicked", .view), ("products_searched", .search),
            ("product_added", .cartAdd), ("product_removed", .cartRemove),
            ("cart_updated", .cartUpdate), ("order_completed", .purchase),
            ("product_purchased", .purchase), ("product_added_to_wishlist", .wishlistAdd),
            ("product_removed_from_wishlist", .wishlistRemove), ("order_refunded", .return),
            ("product_returned", .return), ("product_rejected", .reject),
            ("page_viewed", .pageView), ("product_list_viewed", .pageView),
            ("promotion_viewed", .offerShown), ("coupon_applied", .offerAccepted),
        ]
        for (name, type) in segment { names[name] = type }
        return names
    }()
}
