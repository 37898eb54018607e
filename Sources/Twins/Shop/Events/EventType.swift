/// What a customer did.
///
/// Raw values are stored on disk and fed to models: never renumber, only add.
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
    /// Sent an item back.
    case `return` = 9

    /// The name used in event files and over HTTP.
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
        }
    }

    /// The type of the edge from a customer to an item for such events, such as `PURCHASED`.
    package var edgeName: String {
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
    /// their own weights from data.
    package var baseWeight: Double {
        switch self {
        case .view, .search, .cartUpdate, .cartRemove, .wishlistRemove: 1
        case .cartAdd, .wishlistAdd: 3
        case .purchase, .reject, .return: 5
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
        ]
        for (name, type) in segment { names[name] = type }
        return names
    }()
}
