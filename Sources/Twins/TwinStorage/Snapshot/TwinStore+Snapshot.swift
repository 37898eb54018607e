import LMDB
import PropertyGraph
package import Shop
package import Time

extension TwinStore {
    /// Called for each read of a customer, in the task that set it; for tests that count them.
    @TaskLocal package static var onCustomerRead: (@Sendable () -> Void)?

    /// Everything that one question about a customer needs, read in one transaction.
    ///
    /// - Parameters:
    ///   - userID: The customer's id as the shop knows it; may be unknown to the store.
    ///   - moment: As of when; the time of the store's newest event unless given.
    /// - Returns: The snapshot, with the twin.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError`` when the store is damaged.
    /// - Complexity: O(log n + k) for k events and edges of the twin, whatever the number of twins.
    package func snapshot(
        of userID: String, asOf moment: Timestamp? = nil
    ) throws -> CustomerSnapshot {
        let key = CustomerKey(rawValue: pseudonymizer.pseudonym(of: userID))
        return try readCustomer { transaction, pending in
            let moment = try moment ?? present(in: transaction)
            guard let customer = try graph.node(.customer, key.rawValue, in: transaction) else {
                return .found(CustomerSnapshot(key: key, id: nil, asOf: moment))
            }
            return try snapshot(
                customer, key: key, asOf: moment, withTwin: true, pending, in: transaction)
        }
    }

    /// What the store knows of a twin, without its graph.
    ///
    /// - Parameters:
    ///   - id: The twin's number, within `0..<allocatedTwinCount()`.
    ///   - moment: As of when; the time of the store's newest event unless given.
    /// - Returns: The snapshot; `nil` if the twin was erased.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError`` when the store is damaged.
    /// - Complexity: O(log n + k) for k events of the twin.
    package func snapshot(
        of id: TwinID, asOf moment: Timestamp? = nil
    ) throws -> CustomerSnapshot? {
        guard id.rawValue >= 0 else { return nil }
        let customer = try graph.nodeID(.customer, index: id.rawValue)
        return try readCustomer { transaction, pending in
            guard try !isErased(Self.graphID(customer), in: transaction),
                let name = try graph.externalID(of: customer, in: transaction)
            else { return .found(nil) }
            let moment = try moment ?? present(in: transaction)
            let found = try snapshot(
                customer, key: CustomerKey(rawValue: name), asOf: moment, withTwin: false,
                pending, in: transaction)
            switch found {
            case .found(let snapshot): return .found(snapshot)
            case .outrun: return .outrun
            }
        }
    }

    /// The pseudonym of a twin; `nil` if the twin was erased.
    ///
    /// - Throws: `LMDBError` or `GraphError`.
    package func customerKey(of id: TwinID) throws -> CustomerKey? {
        guard id.rawValue >= 0 else { return nil }
        let customer = try graph.nodeID(.customer, index: id.rawValue)
        return try graph.read { transaction in
            try isErased(Self.graphID(customer), in: transaction)
                ? nil
                : graph.externalID(of: customer, in: transaction).map(CustomerKey.init(rawValue:))
        }
    }

    /// All twins that a store has ever had, erased ones among them.
    package func twinIDs() throws -> [TwinID] {
        (0..<(try allocatedTwinCount())).map(TwinID.init(rawValue:))
    }

    /// The time of the newest event in a snapshot; the beginning of time in an empty store.
    private func present(in transaction: borrowing ReadTransaction) throws -> Timestamp {
        try journalState(in: transaction).newest ?? Timestamp(seconds: 0)
    }

    /// How an attempt to read a customer ended.
    private enum Attempt<T> {
        case found(T)
        /// Events have been merged since the transaction began that it does not see merged.
        case outrun
    }

    /// Where a twin's events are in the journal, as far as a transaction can see them; `nil` if
    /// some may be missing.
    private typealias Pending = (GraphID) -> [JournalEntry]?

    /// Reads in one transaction; again in a new one in the rare case that a merge came between.
    private func readCustomer<T>(
        _ body: (borrowing ReadTransaction, Pending) throws -> Attempt<T>
    ) throws -> T {
        Self.onCustomerRead?()
        for _ in 0..<64 {
            let attempt = try graph.read { transaction in
                let state = try journalState(in: transaction)
                try index.refresh(to: state) { try journalEntries(after: $0, in: transaction) }
                return try body(transaction) {
                    index.entries(of: $0, mergedThrough: state.mergedThrough)
                }
            }
            if case .found(let result) = attempt { return result }
        }
        throw TwinsError(
            .busy, "Events were merged faster than a customer could be read. Try again.")
    }

    private func snapshot(
        _ customer: NodeID, key: CustomerKey, asOf moment: Timestamp, withTwin: Bool,
        _ pending: Pending, in transaction: borrowing ReadTransaction
    ) throws -> Attempt<CustomerSnapshot> {
        let graphID = Self.graphID(customer)
        guard let entries = pending(graphID) else { return .outrun }
        var snapshot = CustomerSnapshot(
            key: key, id: TwinID(rawValue: customer.index), asOf: moment)
        snapshot.consent = try contextConsent(graphID, asOf: moment, in: transaction)
        var cities = CityWeights(halfLifeSeconds: settings.halfLifeSeconds)
        var city: String?
        // Most events name the city of the one before, whose text is not read anew.
        for (position, event) in try log(
            graphID, entries, in: transaction,
            decode: { value, time in
                let head = try EventRecord.decodeEntry(value, city: city)
                city = head.city ?? city
                return (LogEntry(item: head.item, type: head.type, timestamp: time), head.city)
            })
        where position.timestamp <= moment {
            snapshot.entries.append(event.0)
            // As in the twin, where operational events tell no city.
            if let city = event.1, event.0.type.role != .operational {
                cities.add(city, at: position.timestamp)
            }
        }
        snapshot.city = cities.heaviest(at: moment)
        if withTwin {
            snapshot.twin = try twin(customer, entries, asOf: moment, in: transaction)
        }
        return .found(snapshot)
    }
}

/// How often and how lately events named each city, as the edges of a twin count it.
private struct CityWeights {
    let halfLifeSeconds: Double
    private var edges: [String: Edge] = [:]

    init(halfLifeSeconds: Double) { self.halfLifeSeconds = halfLifeSeconds }

    mutating func add(_ city: String, at time: Timestamp) {
        let nowhere = NodeID(rawValue: 0)
        edges[
            city,
            default: Edge(
                source: nowhere, type: .locatedIn, target: nowhere, weight: 0, count: 0,
                first: time, last: time)
        ].accumulate(1, at: time, halfLifeSeconds: halfLifeSeconds)
    }

    /// The heaviest city; of equal ones the first in the alphabet.
    func heaviest(at moment: Timestamp) -> String? {
        edges.map {
            (name: $0.key, weight: $0.value.weight(at: moment, halfLifeSeconds: halfLifeSeconds))
        }
        .min { ($1.weight, $0.name) < ($0.weight, $1.name) }?.name
    }
}
