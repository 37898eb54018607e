import ArgumentParser
import Foundation
import TwinStorage

/// `foretwin-bench`: the measurements that `tools/bench` compares with other programs, and trials
/// against a synthetic shop.
@main
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foretwin-bench",
        abstract: "Measure parts of Foretwin for tools/bench.",
        subcommands: [Graph.self, LearningWork.self, FuturesWork.self, WhatIfTrialsWork.self])

    /// `foretwin-bench graph`.
    struct Graph: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure the graph store; prints JSON, an object a line.")

        /// What is measured.
        enum Phase: String, ExpressibleByArgument, CaseIterable {
            case ingest, grow, load, twoHop = "two-hop", top
        }

        @Option(help: "The folder of the store.")
        var store: String

        @Option(help: "How many customers the events are of.")
        var customers = 5000

        @Option(help: "How many events to take in.")
        var events = 200_000

        @Option(help: "The place of the first event in the stream.")
        var first = 0

        @Option(help: "Decides the events.")
        var seed: UInt64 = 7

        @Option(help: "Edges of the twin that is read.")
        var edges = 500

        @Option(help: "How often the twin is read.")
        var iterations = 20_000

        @Option(help: "Also write the events to this file, as CSV.")
        var writeEvents: String?

        @Option(help: "Also write what other databases must store to this file, as JSON Lines.")
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
                    store: store, stream: stream, places: first..<first + events)
                if let writeEvents { try ingest.write(eventsTo: writeEvents) }
                if let writeUpserts {
                    try ingest.write(upsertsTo: writeUpserts)
                } else {
                    try ingest.measure()
                }
            case .grow:
                let places = first..<first + events
                try BenchIngest(store: store, stream: stream, places: places).grow()
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

    /// Prints a line for a program to read.
    static func print(_ values: [String: Any]) throws {
        let data = try JSONSerialization.data(withJSONObject: values, options: [.sortedKeys])
        // At once, whoever reads it: some of what is measured takes an hour.
        FileHandle.standardOutput.write(data + Data("\n".utf8))
    }
}
