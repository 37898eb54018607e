import LMDB
import PropertyGraph
import Shop
import TextFiles
import Time
import TwinStorage

/// Compares each stored twin with the fold of its merged events, and the journal with both.
///
/// It reads records on its own, not through `TwinStore`: that would need the pseudonym key, which
/// whoever checks a backup may not have.
struct TwinAudit {
    private static let eventTag: UInt8 = 16
    private static let idTag: UInt8 = 17
    private static let tombstoneTag: UInt8 = 18
    private static let findingsMax = 100

    /// How many twins there are; those that were erased do not count.
    private(set) var twins = 0
    /// How many events belong to their twins.
    private(set) var mergedEvents = 0
    /// How many events wait in the journal.
    private(set) var pendingEvents = 0
    /// What does not fit; no ids of customers, but the numbers of their twins.
    private(set) var findings: [String] = []

    private struct Waiting {
        var sequence: UInt64
        var moment: LogPosition
    }

    private let graph: GraphStore
    private let settings: TwinSettings?
    private let state: JournalState
    private var waiting: [GraphID: [Waiting]] = [:]
    private var names: [BytewiseString: NodeID] = [:]
    private var newest: Timestamp?

    init(_ graph: GraphStore, in transaction: borrowing ReadTransaction) throws {
        self.graph = graph
        let halfLife = try graph.setting("halfLifeSeconds", in: transaction)?.double
        let idle = try graph.setting("sessionIdleSeconds", in: transaction)?.double
        if let halfLife, let idle {
            settings = TwinSettings(halfLifeSeconds: halfLife, sessionIdleSeconds: idle)
        } else {
            settings = nil
        }
        let journal = graph.environment.table("journal")
        state = try transaction.value(for: [0], in: journal, Self.state) ?? JournalState()
    }

    /// Looks at everything.
    mutating func run(
        in transaction: borrowing ReadTransaction, progress: (Int, Int) -> Void
    ) throws {
        let numbers = try graph.nodeCount(.customer, in: transaction)
        guard numbers == 0 || settings != nil else {
            note("the settings by which the twins were made are missing")
            return
        }
        try readJournal(in: transaction)
        for index in 0..<numbers {
            try checkTwin(index, in: transaction)
            if index & 63 == 0 { progress(index, numbers) }
        }
        for graph in waiting.keys where graph.rawValue == 0 || graph.rawValue > UInt64(numbers) {
            note("an event in the journal belongs to no twin")
        }
        let total = mergedEvents + pendingEvents
        if UInt64(total) != state.eventCount {
            note("the store counts \(state.eventCount) events and has \(total)")
        }
        // It does not go back when the customer whose event it was is erased.
        if let newest, state.newest.map({ $0 < newest }) ?? true {
            note("the time of the newest event is not what is noted")
        }
    }

    // MARK: The journal

    private static func state(_ value: RawSpan) throws -> JournalState {
        try ByteReader.reading(value) { reader in
            var state = JournalState()
            state.revision = try reader.readVarint()
            state.next = try reader.readVarint()
            state.mergedThrough = try reader.readVarint()
            state.mergeThrough = try reader.readVarint()
            state.mergePosition = GraphID(rawValue: try reader.readVarint())
            state.eventCount = try reader.readVarint()
            if !reader.isAtEnd { state.newest = Timestamp(rawValue: try reader.readInt64()) }
            try reader.expectEnd()
            return state
        }
    }

    private mutating func readJournal(in transaction: borrowing ReadTransaction) throws {
        guard state.isPlausible else {
            note("the numbers in the journal's state contradict each other")
            return
        }
        var isSound = true
        let journal = graph.environment.table("journal")
        try transaction.scan(journal, from: [0, 0], to: nil) { key, value in
            let sequence = try ByteReader.reading(key) { try $0.readUInt64() }
            // What has been merged stays a while, until the next merge pass removes it.
            guard sequence > state.mergedThrough else { return true }
            if sequence >= state.next { isSound = false }
            try ByteReader.reading(value) { reader in
                let graph = GraphID(rawValue: try reader.readUInt64())
                let time = Timestamp(rawValue: try reader.readInt64())
                let moment = LogPosition(timestamp: time, tieBreak: try reader.readUInt64())
                let record = try reader.readRaw(reader.remaining)
                let event = try EventRecord.decode(record.span.bytes, timestamp: time)
                if event.tieBreak != moment.tieBreak { isSound = false }
                waiting[graph, default: []].append(Waiting(sequence: sequence, moment: moment))
            }
            return true
        }
        // Erasing leaves gaps; that none other is missing shows in the number of all events.
        if !isSound { note("the journal has an event that it should not have") }
    }

    // MARK: A twin

    private mutating func checkTwin(
        _ index: Int, in transaction: borrowing ReadTransaction
    ) throws {
        guard let settings else { return }
        let graphID = GraphID(rawValue: UInt64(index) + 1)
        let isErased = try transaction.contains(key(graphID, Self.tombstoneTag), in: graph.records)
        if !isErased { twins += 1 }
        let consent = try transaction.value(
            for: key(graphID, ConsentRecord.tag), in: graph.records, ConsentRecord.init(decoding:))
        if isErased, consent != nil {
            note("twin \(graphID.rawValue) was erased, and its consent is still there")
        }
        let customer = try graph.nodeID(.customer, index: index)
        let events = try log(graphID, in: transaction)
        mergedEvents += events.count
        var steps: [TwinFold.Step] = []
        for event in events {
            guard let step = try step(event, in: transaction) else {
                note("twin \(graphID.rawValue) has an event about what the store does not name")
                return
            }
            steps.append(step)
        }
        if let last = steps.last?.moment.timestamp { see(last) }
        try checkIDs(graphID, events, in: transaction)
        let summary = try TwinSummary(
            graph.properties(of: customer, graph: graphID, in: transaction))
        // A twin of an earlier version counts returned purchases until it is folded again.
        let reversesReturns = summary?.reversesReturns ?? true
        let fold = TwinFold(
            all: steps, customer: customer, settings: settings, reversesReturns: reversesReturns)
        try checkGraph(graphID, fold, in: transaction)
        var expected = TwinSummary(steps)
        expected?.mergedThrough = summary?.mergedThrough ?? 0
        if !reversesReturns { expected?.reversesReturns = false }
        if summary != expected {
            note("twin \(graphID.rawValue) does not sum up its events rightly")
        }
        checkWaiting(graphID, events, mergedThrough: summary?.mergedThrough ?? 0)
    }

    private mutating func log(
        _ graphID: GraphID, in transaction: borrowing ReadTransaction
    ) throws -> [LoggedEvent] {
        var events: [LoggedEvent] = []
        try transaction.scan(graph.records, prefix: key(graphID, Self.eventTag)) { key, value in
            let moment = try ByteReader.reading(key) { reader in
                _ = try reader.readRaw(9)
                let time = Timestamp(rawValue: try reader.readInt64())
                return LogPosition(timestamp: time, tieBreak: try reader.readUInt64())
            }
            let event = try EventRecord.decode(value, timestamp: moment.timestamp)
            if event.tieBreak != moment.tieBreak {
                note("twin \(graphID.rawValue) has an event in the wrong place")
            }
            events.append(event)
            return true
        }
        return events
    }

    /// Compares the ids that are noted as merged with the events.
    private mutating func checkIDs(
        _ graphID: GraphID, _ events: [LoggedEvent], in transaction: borrowing ReadTransaction
    ) throws {
        var times: [UInt64: Timestamp] = [:]
        try transaction.scan(graph.records, prefix: key(graphID, Self.idTag)) { key, value in
            let tieBreak = try ByteReader.reading(key) { reader in
                _ = try reader.readRaw(9)
                return try reader.readUInt64()
            }
            times[tieBreak] = try ByteReader.reading(value) {
                Timestamp(rawValue: try $0.readInt64())
            }
            return true
        }
        let isRight =
            times.count == events.count
            && events.allSatisfy { times[$0.tieBreak] == $0.timestamp }
        if !isRight { note("twin \(graphID.rawValue) does not list the ids of its events") }
    }

    private mutating func checkGraph(
        _ graphID: GraphID, _ fold: TwinFold, in transaction: borrowing ReadTransaction
    ) throws {
        var expected: [TwinFold.Ends: Edge] = [:]
        for folded in fold.edges { expected[TwinFold.Ends(folded.edge)] = folded.edge }
        var count = 0
        var isEqual = true
        try graph.forEachEdge(graph: graphID, in: transaction) { edge in
            count += 1
            if expected[TwinFold.Ends(edge)] != edge { isEqual = false }
            return true
        }
        if !isEqual || count != expected.count {
            note("twin \(graphID.rawValue) is not what its events make it")
        }
    }

    private mutating func checkWaiting(
        _ graphID: GraphID, _ events: [LoggedEvent], mergedThrough: UInt64
    ) {
        if mergedThrough >= state.next {
            note("twin \(graphID.rawValue) was settled further than the journal goes")
        }
        guard let entries = waiting[graphID] else { return }
        var known = Set(events.map(\.tieBreak))
        for entry in entries where entry.sequence > mergedThrough {
            pendingEvents += 1
            see(entry.moment.timestamp)
            if !known.insert(entry.moment.tieBreak).inserted {
                note("twin \(graphID.rawValue) has an event twice")
            }
        }
    }

    /// The step of an event; nil if the store lacks one of its nodes.
    private mutating func step(
        _ event: LoggedEvent, in transaction: borrowing ReadTransaction
    ) throws -> TwinFold.Step? {
        let daypartName = Daypart.name(hour: event.timestamp.hour)
        guard let daypart = try node(.daypart, daypartName, in: transaction) else { return nil }
        // The names in operational events have no nodes of their own.
        let isOperational = event.type.role == .operational
        let queryName = isOperational ? nil : event.query.map(TwinFold.queryName)
        let cityName = isOperational ? nil : event.city
        let query = try node(.query, queryName, in: transaction)
        let city = try node(.city, cityName, in: transaction)
        let item = try event.item.map { try graph.nodeID(.item, index: $0) }
        if query == nil, queryName?.isEmpty == false { return nil }
        if city == nil, cityName?.isEmpty == false { return nil }
        if let item, try graph.externalID(of: item, in: transaction) == nil { return nil }
        let moment = LogPosition(timestamp: event.timestamp, tieBreak: event.tieBreak)
        return TwinFold.Step(
            EventOutline(event), at: moment, item: item, query: query, city: city,
            daypart: daypart)
    }

    private mutating func node(
        _ label: Label, _ name: String?, in transaction: borrowing ReadTransaction
    ) throws -> NodeID? {
        guard let name, !name.isEmpty else { return nil }
        let text = BytewiseString("\(label)/\(name)")
        if let node = names[text] { return node }
        let node = try graph.node(label, name, in: transaction)
        if names.count >= 1 << 16 { names.removeAll(keepingCapacity: true) }
        names[text] = node
        return node
    }

    // MARK: Small things

    private mutating func see(_ time: Timestamp) { newest = max(newest ?? time, time) }

    private mutating func note(_ finding: String) {
        if findings.count < Self.findingsMax { findings.append(finding) }
    }

    private func key(_ graph: GraphID, _ tag: UInt8) -> [UInt8] {
        var writer = ByteWriter(capacity: 9)
        writer.appendUInt64(graph.rawValue)
        writer.appendUInt8(tag)
        return writer.bytes
    }
}
