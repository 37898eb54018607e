package import Shop
package import ShopFormats
package import Time

/// The result of ingesting lines of events.
package struct IngestReport: Sendable, Hashable {
    /// The number of new events.
    package var added = 0
    /// The number of events that the store had already.
    package var duplicates = 0
    /// The number of lines that were not accepted, by reason.
    package var rejected: [Rejection.Reason: Int] = [:]
    /// The number of values by column that were dropped from accepted lines, because they are
    /// personal or finer than a city.
    package var dropped: [String: Int] = [:]
    /// The first five rejections.
    package var examples: [Rejection] = []

    /// Creates a report of no lines.
    package init() {}

    /// The number of lines that were not accepted.
    package var rejectedCount: Int { rejected.values.reduce(0, +) }
    /// The number of lines read.
    package var total: Int { added + duplicates + rejectedCount }

    mutating func reject(_ rejection: Rejection) {
        rejected[rejection.reason, default: 0] += 1
        if examples.count < 5 { examples.append(rejection) }
    }
}

/// Reads event files into a store, batch by batch.
///
/// While one batch is written to the disk, the next is read and prepared. After a crash the same
/// files may be ingested again: events that the store has are skipped.
package struct Ingestor {
    /// The default number of events in a batch.
    package static let batchSize = 10_000

    private let store: TwinStore
    private let batchSize: Int
    private let createItems: Bool
    private let latest: Timestamp?
    private let reject: (Rejection, [UInt8]) throws -> Void
    private let progress: (IngestReport, Double?) -> Void

    /// Creates an ingestor.
    ///
    /// - Parameters:
    ///   - store: The store to write to.
    ///   - batchSize: The number of events in a batch, 1 or more.
    ///   - createItems: Whether items that the catalogue lacks are added to it.
    ///   - latest: Events after this time are not accepted; all are accepted unless given.
    ///   - reject: Gets each line that was not accepted, and its bytes if they are available.
    ///   - progress: Called after each batch, with the fraction of the source read if it is known.
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
    /// - Returns: The result.
    /// - Throws: ``TwinsError`` if the source cannot be read, and errors of the store. Batches
    ///   before the failure stay.
    package func ingest(_ reader: EventReader) throws -> IngestReport {
        var reader = reader
        var report = IngestReport()
        var batch = Batch()
        var before = Batch()
        var pipeline = AppendPipeline(into: store, createItems: createItems)
        func appendBatch() throws {
            if let result = try pipeline.append(batch.sources.map(\.event)) {
                try addResult(result, of: before, to: &report)
            }
            before = batch
            batch = Batch()
        }
        while let line = try reader.next() {
            switch line {
            case .event(let event, let number) where latest.map { event.timestamp > $0 } ?? false:
                let rejection = Rejection(
                    .future, "it is later than allowed", at: .line(number))
                report.reject(rejection)
                try reject(rejection, reader.lineBytes)
            case .event(let event, let number):
                batch.sources.append((event, number, reader.lineBytes))
                batch.fractionRead = reader.fractionRead
                if batch.sources.count == batchSize { try appendBatch() }
            case .rejected(let rejection):
                report.reject(rejection)
                try reject(rejection, reader.lineBytes)
            }
        }
        if !batch.sources.isEmpty { try appendBatch() }
        if let result = try pipeline.finish() { try addResult(result, of: before, to: &report) }
        report.dropped = reader.droppedCounts
        if before.sources.isEmpty { progress(report, reader.fractionRead) }
        return report
    }

    /// Events with their lines in the file.
    private struct Batch {
        var sources: [(event: Event, line: Int, bytes: [UInt8])] = []
        var fractionRead: Double?
    }

    /// Adds the result of a batch to the report, and tells the progress.
    private func addResult(
        _ result: AppendResult, of batch: Batch, to report: inout IngestReport
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
