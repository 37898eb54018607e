package import Prediction
package import Shop

/// What to simulate, and how much of it.
package struct SimulationSettings: Sendable, Hashable {
    /// How far the paths reach, in seconds.
    package var horizonSeconds: Int64
    /// How many paths.
    package var paths: Int
    /// Events in a path at most; a path that gets there ends early.
    package var steps: Int
    /// Decides every random choice.
    package var seed: UInt64
    /// The experts that items may be drawn from.
    package var evidence: Set<ExpertID>
    /// Threads, among which blocks of 256 paths are shared out; the result does not depend on it.
    package var threads: Int
    /// Whether the LSTM's items are drawn exactly even from a large catalogue.
    ///
    /// Proposals are made for the paths of a block together, so that two runs of one seed that differ
    /// in one path may differ in others. What is compared path by path needs exact draws.
    package var goesThroughCatalogue = false

    /// The greatest number of ``steps``.
    package static let stepLimit = 400
    /// Paths at most.
    package static let pathLimit = 100_000
    /// The longest horizon: a year, in seconds.
    package static let horizonLimit: Int64 = 366 * 86_400

    /// Makes settings; 28 days and 500 paths unless given.
    package init(
        horizonSeconds: Int64 = 28 * 86_400, paths: Int = 500, steps: Int = stepLimit,
        seed: UInt64 = 7,
        evidence: Set<ExpertID> = Set(ExpertID.allCases), threads: Int = 2
    ) {
        self.horizonSeconds = horizonSeconds
        self.paths = paths
        self.steps = steps
        self.seed = seed
        self.evidence = evidence
        self.threads = threads
    }

    /// Checks that each setting is in its range.
    ///
    /// - Throws: ``FuturesError`` that names the setting and its range.
    package func validate() throws(FuturesError) {
        guard (1...Self.pathLimit).contains(paths) else {
            throw FuturesError("paths is \(paths). Use a number from 1 to \(Self.pathLimit).")
        }
        guard (1...Self.stepLimit).contains(steps) else {
            throw FuturesError("steps is \(steps). Use a number from 1 to \(Self.stepLimit).")
        }
        guard (1...Self.horizonLimit).contains(horizonSeconds) else {
            throw FuturesError("The horizon must be above 0 and at most 366 days.")
        }
        guard threads >= 1 else { throw FuturesError("threads must be 1 or more.") }
    }
}

/// A simulation that cannot be run, and why.
package struct FuturesError: Error, CustomStringConvertible, Sendable, Hashable {
    /// What is wrong.
    package let problem: String
    /// The step that resolves it, if there is one that programs word in their own way.
    package let remedy: Remedy?

    /// What is wrong, and what would be right.
    package var description: String { remedy.map { "\(problem) \($0)" } ?? problem }

    /// Makes an error.
    package init(_ problem: String, remedy: Remedy? = nil) {
        self.problem = problem
        self.remedy = remedy
    }
}
