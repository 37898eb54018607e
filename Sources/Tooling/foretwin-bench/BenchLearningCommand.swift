import ArgumentParser
import Learning

extension BenchCommand {
    /// `foretwin-bench learning`.
    struct LearningWork: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "learning",
            abstract: "Measure training; prints one line of JSON.")

        /// The measurement.
        enum Phase: String, ExpressibleByArgument, CaseIterable {
            case lstm, skipGram = "skip-gram", product
        }

        @Option(help: "The sequences to learn from, a safetensors file.")
        var train = ""

        @Option(help: "The held-out sequences.")
        var validation = ""

        @Option(help: "Where to write the vectors of skip-gram.")
        var vectors = ""

        @Option(help: "The number of items.")
        var items = 10_000

        @Option(help: "The length of vectors and of the state.")
        var width = 128

        @Option(help: "Candidates of the sampled softmax, or negatives of skip-gram.")
        var negatives = 5

        @Option(help: "Passes over the sequences.")
        var epochs = 1

        @Option(help: "The number of threads.")
        var threads = 2

        @Option(help: "The seed of all random numbers.")
        var seed: UInt64 = 7

        @Option(help: "Rows of the product.")
        var rows = 512

        @Option(help: "The inner dimension of the product.")
        var inner = 512

        @Option(help: "Columns of the product.")
        var columns = 512

        @Argument(help: "What to measure.")
        var phase: Phase

        func run() throws {
            guard min(rows, inner, columns, threads) > 0 else {
                throw ValidationError("Sizes and threads must be 1 or more.")
            }
            let bench = BenchLearning(
                threads: threads, epochs: epochs, width: width, items: items,
                negatives: negatives, seed: seed)
            switch phase {
            case .lstm:
                try BenchCommand.print(
                    try bench.lstm(
                        BenchLearning.sequences(at: train),
                        validation: BenchLearning.sequences(at: validation)))
            case .skipGram:
                try BenchCommand.print(
                    try bench.skipGram(BenchLearning.sequences(at: train), vectors: vectors))
            case .product:
                try BenchCommand.print(
                    bench.product(rows: rows, inner: inner, columns: columns))
            }
        }
    }
}
