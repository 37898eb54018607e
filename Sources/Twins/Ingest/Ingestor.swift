import Dispatch

/// What became of the lines that were ingested.
public struct IngestReport: Sendable, Hashable {
    /// Events that were new.
    public var added = 0
    /// Events that had been there before.
    public var duplicates = 0
    /// Lines that were not accepted, by reason.
    public var rejected: [Rejection.Reason: Int] = [:]
    /// The first rejections, to show.
    public var examples: [Rejection] = []

    /// Nothing read yet.
    public init() {}

    /// Lines that were not accepted.
    public var rejectedCount: Int { rejected.values.reduce(0, +) }
    /// Lines read.
    public var total: Int { added + duplicates + rejectedCount }

    mutating func reject(_ rejection: Rejection) {
        rejected[rejection.reason, default: 0] += 1
        if examples.count < 5 { examples.append(rejection) }
    }
}

/// Reads event files into a store, batch by batch.
///
/// While one batch is on its way to the disk the next is read and made ready. After a crash the same
/// files may be ingested again: what is there is passed over.
public struct Ingestor {
    /// Events that are written together unless told otherwise.
    public static let batchSize = 10_000

    private let store: TwinStore
    private let batchSize: Int
    private let createItems: Bool
    private let reject: (Rejection, [UInt8]) throws -> Void
    private let progress: (IngestReport, Double?) -> Void
    /// One batch after the other, in order.
    private let runway = DispatchQueue(label: "ingest")

    /// Makes an ingestor.
    ///
    /// - Parameters:
    ///   - store: Where the events go.
    ///   - batchSize: Events that are written together, 1 or more.
    ///   - createItems: Whether items that the catalogue lacks are added to it.
    ///   - reject: Gets each line that was not accepted, and its bytes if they are at hand.
    ///   - progress: Told after each batch, with the share of the source read if that is known.
    public init(
        into store: TwinStore, batchSize: Int = Ingestor.batchSize, createItems: Bool = true,
        reject: @escaping (Rejection, [UInt8]) throws -> Void = { _, _ in },
        progress: @escaping (IngestReport, Double?) -> Void = { _, _ in }
    ) {
        precondition(batchSize >= 1, "a batch holds at least one event")
        self.store = store
        self.batchSize = batchSize
        self.createItems = createItems
        self.reject = reject
        self.progress = progress
    }

    /// Ingests a source of events to its end.
    ///
    /// - Returns: What became of its lines.
    /// - Throws: ``TwinsError`` when the source cannot be read; what the store throws. Batches
    ///   before the failure stay.
    public func ingest(_ reader: EventReader) throws -> IngestReport {
        var reader = reader
        var report = IngestReport()
        var batch: [Source] = []
        var flight: Flight?
        while let line = try reader.next() {
            switch line {
            case .event(let event, let number):
                batch.append((event, number, reader.lineBytes))
                if batch.count == batchSize {
                    let next = try depart(batch, reader.fractionRead)
                    try land(flight, &report)
                    flight = next
                    batch.removeAll(keepingCapacity: true)
                }
            case .rejected(let rejection):
                report.reject(rejection)
                try reject(rejection, reader.lineBytes)
            }
        }
        try land(flight, &report)
        if batch.isEmpty {
            progress(report, reader.fractionRead)
        } else {
            try land(try depart(batch, reader.fractionRead), &report)
        }
        return report
    }

    /// An event, and where in the file it came from.
    private typealias Source = (event: Event, line: Int, bytes: [UInt8])

    /// A batch that is being written.
    // @unchecked Sendable: `outcome` is set once before `landed` is signalled, and read after.
    private final class Flight: @unchecked Sendable {
        let sources: [Source]
        let fractionRead: Double?
        let landed = DispatchSemaphore(value: 0)
        var outcome: Result<AppendResult, any Error>?

        init(_ sources: [Source], _ fractionRead: Double?) {
            self.sources = sources
            self.fractionRead = fractionRead
        }
    }

    /// Begins to write a batch.
    private func depart(_ batch: [Source], _ fractionRead: Double?) throws -> Flight {
        let prepared = try store.prepare(batch.map(\.event))
        let flight = Flight(batch, fractionRead)
        runway.async { [store, createItems] in
            flight.outcome = Result { try store.append(prepared, createItems: createItems) }
            flight.landed.signal()
        }
        return flight
    }

    /// Waits until a batch is on disk, and reports what became of it.
    private func land(_ flight: Flight?, _ report: inout IngestReport) throws {
        guard let flight else { return }
        flight.landed.wait()
        guard let result = try flight.outcome?.get() else { return }
        report.added += result.added
        report.duplicates += result.duplicates
        for rejection in result.rejections {
            let source = flight.sources[rejection.line]
            let placed = Rejection(line: source.line, rejection.reason, rejection.detail)
            report.reject(placed)
            try reject(placed, source.bytes)
        }
        progress(report, flight.fractionRead)
    }
}
