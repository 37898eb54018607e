import ArgumentParser
import Foundation
import TwinStorage

/// `foretwin-bench`: measurements for `tools/bench`, which compares them with other programs, and
/// trials with a synthetic shop.
@main
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foretwin-bench",
        abstract: "Measure parts of Foretwin for tools/bench.",
        subcommands: [Graph.self, LearningWork.self, FuturesWork.self, WhatIfTrialsWork.self])

    /// `foretwin-bench graph`.
    struct Graph: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure the graph store; prints one JSON object a line.")

        /// The measurement.
        enum Phase: String, ExpressibleByArgument, CaseIterable {
            case ingest, grow, load, twoHop = "two-hop", top
        }

        @Option(help: "The folder of the store.")
        var store: String

        @Option(help: "The number of customers.")
        var customers = 5000

        @Option(help: "The number of events to ingest.")
        var events = 200_000

        @Option(help: "The index of the first event in the stream.")
        var first = 0

        @Option(help: "The seed of the events.")
        var seed: UInt64 = 7

        @Option(help: "The number of edges of the twin to read.")
        var edges = 500

        @Option(help: "The number of reads of the twin.")
        var iterations = 20_000

        @Option(help: "Also write the events to this file, as CSV.")
        var writeEvents: String?

        @Option(help: "Also write the rows for other databases to this file, as JSON Lines.")
        var writeUpserts: String?

        @Option(help: "Also write the twin's edges to this file, as JSON Lines.")
        var writeTwin: String?

        @Argument(help: "What to measure.")
        var phase: Phase

        func run() throws {
            let stream = BenchEvents(customers: max(1, customers), seed: seed)
            let store = try TwinStore(
                path: store, pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 7, count: 32)),
                settings: TwinSettings(halfLifeSeconds: BenchEvents.halfLifeSeconds))
            switch phase {
            case .ingest:
                let ingest = BenchIngest(
                    store: store, stream: stream, indices: first..<first + events)
                if let writeEvents { try ingest.write(eventsTo: writeEvents) }
                if let writeUpserts {
                    try ingest.write(upsertsTo: writeUpserts)
                } else {
                    try ingest.measure()
                }
            case .grow:
                let indices = first..<first + events
                try BenchIngest(store: store, stream: stream, indices: indices).grow()
            case .load, .twoHop, .top:
                let reads = try BenchReads(store: store, edges: edges, iterations: iterations)
                if let writeTwin { try reads.write(twinTo: writeTwin) }
                switch phase {
                case .load: try reads.load()
                case .twoHop: try reads.twoHop()
                default: try reads.top()
                }
            }
        }
    }

    /// Prints one line of JSON.
    static func print(_ values: [String: Any]) throws {
        let data = try JSONSerialization.data(withJSONObject: values, options: [.sortedKeys])
        // Without a buffer, because a measurement can take an hour.
        FileHandle.standardOutput.write(data + Data("\n".utf8))
    }
}
