import Foundation
import LMDB
import PropertyGraph

/// What became of a batch of events.
public struct AppendResult: Hashable, Sendable {
    /// How many were new.
    public var added = 0
    /// How many had been there before, with the same content.
    public var duplicates = 0
    /// Events that were not accepted, by their place in the batch.
    public var rejections: [Rejection] = []
}

extension TwinStore {
    /// Adds events to the log and moves the twins they belong to, all or nothing.
    ///
    /// An event that is there already is passed over, so a batch may be sent again after a crash.
    /// Late events are welcome: the twin becomes what it would be had they come in time.
    ///
    /// - Parameters:
    ///   - events: A batch; a thousand to ten thousand is a good size.
    ///   - createItems: Whether an item that the catalogue lacks is added to it.
    /// - Returns: What became of them; on disk when this returns.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``; then nothing of the batch is stored.
    public func append(_ events: [Event], createItems: Bool = true) throws -> AppendResult {
        try graph.write { transaction in
            try append(events, createItems: createItems, in: transaction)
        }
    }

    private func append(
        _ events: [Event], createItems: Bool, in transaction: borrowing WriteTransaction
    ) throws -> AppendResult {
        var result = AppendResult()
        var order: [String] = []
        var places: [String: [Int]] = [:]
        for (place, event) in events.enumerated() {
            if !createItems, let itemID = event.itemID,
                try graph.node(.item, itemID, in: transaction) == nil
            {
                result.rejections.append(
                    Rejection(line: place, .unknownItem, "add it to the catalogue first"))
                continue
            }
            // Not grouped by user id: equal texts can have other bytes, and so another pseudonym.
            let pseudonym = pseudonymizer.pseudonym(of: event.userID)
            if places[pseudonym] == nil { order.append(pseudonym) }
            places[pseudonym, default: []].append(place)
        }
        var newest = try newestEvent(in: transaction)
        for pseudonym in order {
            let customer = try graph.addNode(.customer, pseudonym, in: transaction)
            var steps: [TwinFold.Step] = []
            for place in places[pseudonym] ?? [] {
                let step = try log(
                    events[place], place: place, pseudonym: pseudonym, customer: customer,
                    &result, in: transaction)
                guard let step else { continue }
                steps.append(step)
                newest = max(newest ?? step.event.timestamp, step.event.timestamp)
            }
            try fold(steps, customer: customer, in: transaction)
        }
        result.rejections.sort { $0.line < $1.line }
        if result.added > 0, let newest {
            try graph.set("newestEvent", to: .timestamp(newest), in: transaction)
        }
        return result
    }

    /// Logs an event, and adds its item to the catalogue, unless its id is there already.
    private func log(
        _ event: Event, place: Int, pseudonym: String, customer: NodeID,
        _ result: inout AppendResult, in transaction: borrowing WriteTransaction
    ) throws -> TwinFold.Step? {
        let eventID = event.eventID ?? EventRecord.contentID(event, pseudonym: pseudonym)
        let item = try event.itemID.flatMap { try graph.node(.item, $0, in: transaction) }
        var logged = LoggedEvent(event, item: item?.index, eventID: eventID)
        let tieBreak = logged.tieBreak
        let graphID = Self.graphID(customer)
        let idKey = Self.key(graphID, tieBreak)
        if let stored = try transaction.bytes(for: idKey, in: eventIDs) {
            var reader = ByteReader(stored)
            let time = Timestamp(rawValue: try reader.readInt64())
            let known = try transaction.bytes(
                for: Self.key(graphID, time, tieBreak), in: log)
            let isSame = known == EventRecord.encode(logged) && (item != nil || event.itemID == nil)
            if time == event.timestamp, isSame {
                result.duplicates += 1
            } else {
                result.rejections.append(
                    Rejection(line: place, .conflict, "give changed events an id of their own"))
            }
            return nil
        }
        logged.item = try event.itemID.map { try graph.addNode(.item, $0, in: transaction).index }
        var time = ByteWriter(capacity: 8)
        time.appendInt64(event.timestamp.rawValue)
        try transaction.put(time.finish(checksummed: false), for: idKey, in: eventIDs)
        try transaction.put(
            EventRecord.encode(logged), for: Self.key(graphID, event.timestamp, tieBreak), in: log)
        result.added += 1
        return try addStep(logged, tieBreak: tieBreak, in: transaction)
    }

    /// Moves a twin by events that its log already holds.
    private func fold(
        _ steps: [TwinFold.Step], customer: NodeID, in transaction: borrowing WriteTransaction
    ) throws {
        guard !steps.isEmpty else { return }
        let graphID = Self.graphID(customer)
        let sorted = steps.sorted { Self.precedes($0, $1) }
        var summary = try TwinSummary(
            graph.properties(of: customer, graph: graphID, in: transaction))
        let late = summary.map { Self.precedes(sorted[0], $0) } ?? false
        var fold: TwinFold
        if late {
            // Cheaper ways exist for a few late events; none is as surely right as starting over.
            try graph.removeGraph(graphID, in: transaction)
            fold = TwinFold(customer: customer, settings: settings)
            let all = try loggedSteps(graphID, in: transaction)
            for step in all { try fold.apply(step) { _ in nil } }
            summary = TwinSummary(all)
        } else {
            let tail = summary == nil ? [] : try tail(graphID, before: sorted[0], in: transaction)
            fold = TwinFold(customer: customer, settings: settings, tail: tail)
            for step in sorted {
                try fold.apply(step) { ends in
                    try graph.edge(
                        from: ends.source, ends.type, to: ends.target, graph: graphID,
                        in: transaction)
                }
            }
            summary = TwinSummary(sorted, after: summary)
        }
        for edge in fold.edges.values { try graph.put(edge, graph: graphID, in: transaction) }
        if let summary {
            let node = Node(id: customer, properties: summary.properties)
            try graph.put(node, graph: graphID, in: transaction)
        }
    }

    /// The newest two moments of a log that come before a step.
    private func tail(
        _ graphID: GraphID, before step: TwinFold.Step,
        in transaction: borrowing WriteTransaction
    ) throws -> [TwinFold.Step] {
        var events: [LoggedEvent] = []
        var moments: Set<Timestamp> = []
        let end = Self.key(graphID, step.event.timestamp, step.tieBreak)
        try transaction.scan(log, from: Self.key(graphID), to: end, reversed: true) { key, value in
            let event = try EventRecord.decode(value, timestamp: try Self.timestamp(key))
            moments.insert(event.timestamp)
            if moments.count > 2 { return false }
            events.append(event)
            return true
        }
        return try events.reversed().map {
            try addStep($0, tieBreak: $0.tieBreak, in: transaction)
        }
    }

    /// All steps of a log, oldest first.
    private func loggedSteps(
        _ graphID: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> [TwinFold.Step] {
        try events(graphID, in: transaction).map {
            try addStep($0, tieBreak: $0.tieBreak, in: transaction)
        }
    }

    /// Finds or makes the nodes of an event.
    private func addStep(
        _ event: LoggedEvent, tieBreak: UInt64, in transaction: borrowing WriteTransaction
    ) throws -> TwinFold.Step {
        let daypart = Daypart.name(hour: event.timestamp.hour)
        // A long search is told from others by its beginning: node names have a limit in bytes,
        // and a scalar has up to 4 where a character has any number.
        let query = event.query.map { String($0.lowercased().unicodeScalars.prefix(80)) }
        return TwinFold.Step(
            event: event, tieBreak: tieBreak,
            item: try event.item.map { try graph.nodeID(.item, index: $0) },
            query: try addNode(.query, query, in: transaction),
            city: try addNode(.city, event.city, in: transaction),
            daypart: try graph.addNode(.daypart, daypart, in: transaction))
    }

    private func addNode(
        _ label: Label, _ name: String?, in transaction: borrowing WriteTransaction
    ) throws -> NodeID? {
        guard let name, !name.isEmpty else { return nil }
        return try graph.addNode(label, name, in: transaction)
    }

    private static func precedes(_ left: TwinFold.Step, _ right: TwinFold.Step) -> Bool {
        (left.event.timestamp, left.tieBreak) < (right.event.timestamp, right.tieBreak)
    }

    private static func precedes(_ left: TwinFold.Step, _ right: TwinSummary) -> Bool {
        (left.event.timestamp, left.tieBreak) < (right.lastUpdated, right.lastTieBreak)
    }
}
