package import Shop
package import ShopFormats
package import Time

/// What became of the lines that were ingested.
package struct IngestReport: Sendable, Hashable {
    /// Events that were new.
    package var added = 0
    /// Events that had been there before.
    package var duplicates = 0
    /// Lines that were not accepted, by reason.
    package var rejected: [Rejection.Reason: Int] = [:]
    /// Values of readable lines that were dropped, since they are personal or finer than a city, by
    /// column.
    package var dropped: [String: Int] = [:]
    /// The first rejections, to show.
    package var examples: [Rejection] = []

    /// Nothing read yet.
    package init() {}

    /// Lines that were not accepted.
    package var rejectedCount: Int { rejected.values.reduce(0, +) }
    /// Lines read.
    package var total: Int { added + duplicates + rejectedCount }

    mutating func reject(_ rejection: Rejection) {
        rejected[rejection.reason, default: 0] += 1
        if examples.count < 5 { examples.append(rejection) }
    }
}

/// Reads event files into a store, batch by batch.
///
/// While one batch is on its way to the disk the next is read and made ready. After a crash the same
/// files may be ingested again: what is there is passed over.
package struct Ingestor {
    /// Events that are written together unless told otherwise.
    package static let batchSize = 10_000

    private let store: TwinStore
    private let batchSize: Int
    private let createItems: Bool
    private let latest: Timestamp?
    private let reject: (Rejection, [UInt8]) throws -> Void
    private let progress: (IngestReport, Double?) -> Void

    /// Makes an ingestor.
    ///
    /// - Parameters:
    ///   - store: Where the events go.
    ///   - batchSize: Events that are written together, 1 or more.
    ///   - createItems: Whether items that the catalogue lacks are added to it.
    ///   - latest: Events after this time are not accepted; none is too late unless given.
    ///   - reject: Gets each line that was not accepted, and its bytes if they are at hand.
    ///   - progress: Told after each batch, with the share of the source read if that is known.
    package init(
        into store: TwinStore, batchSize: Int = Ingestor.batchSize, createItems: Bool = true,
        latest: Timestamp? = nil,
        reject: @escaping (Rejection, [UInt8]) throws -> Void = { _, _ in },
        progress: @escaping (IngestReport, Double?) -> Void = { _, _ in }
    ) {
        precondition(batchSize >= 1, "a batch holds at least one event")
        self.store = store
        self.batchSize = batchSize
        self.createItems = createItems
        self.latest = latest
        self.reject = reject
        self.progress = progress
    }

    /// Ingests a source of events to its end.
    ///
    /// - Returns: What became of its lines.
    /// - Throws: ``TwinsError`` when the source cannot be read; what the store throws. Batches
    ///   before the failure stay.
    package func ingest(_ reader: EventReader) throws -> IngestReport {
        var reader = reader
        var report = IngestReport()
        var batch = Batch()
        var before = Batch()
        var pipeline = AppendPipeline(into: store, createItems: createItems)
        func turn() throws {
            if let result = try pipeline.append(batch.sources.map(\.event)) {
                try show(result, of: before, &report)
            }
            before = batch
            batch = Batch()
        }
        while let line = try reader.next() {
            switch line {
            case .event(let event, let number) where latest.map { event.timestamp > $0 } ?? false:
                let rejection = Rejection(
                    .future, "it is later than events were to be", at: .line(number))
                report.reject(rejection)
                try reject(rejection, reader.lineBytes)
            case .event(let event, let number):
                batch.sources.append((event, number, reader.lineBytes))
                batch.fractionRead = reader.fractionRead
                if batch.sources.count == batchSize { try turn() }
            case .rejected(let rejection):
                report.reject(rejection)
                try reject(rejection, reader.lineBytes)
            }
        }
        if !batch.sources.isEmpty { try turn() }
        if let result = try pipeline.finish() { try show(result, of: before, &report) }
        report.dropped = reader.droppedCounts
        if before.sources.isEmpty { progress(report, reader.fractionRead) }
        return report
    }

    /// Events, and where in the file they came from.
    private struct Batch {
        var sources: [(event: Event, line: Int, bytes: [UInt8])] = []
        var fractionRead: Double?
    }

    /// Reports what became of a batch.
    private func show(
        _ result: AppendResult, of batch: Batch, _ report: inout IngestReport
    ) throws {
        report.added += result.added
        report.duplicates += result.duplicates
        for rejection in result.rejections {
            guard let index = rejection.batchIndex else {
                preconditionFailure("a batch rejects events by their index")
            }
            let source = batch.sources[index]
            let rejection = rejection.at(.line(source.line))
            report.reject(rejection)
            try reject(rejection, source.bytes)
        }
        progress(report, batch.fractionRead)
    }
}
