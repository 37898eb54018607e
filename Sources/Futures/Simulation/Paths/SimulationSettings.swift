package import Prediction
package import Shop

/// The settings of a simulation.
package struct SimulationSettings: Sendable, Hashable {
    /// The length of the paths, in seconds.
    package var horizonSeconds: Int64
    /// The number of paths.
    package var paths: Int
    /// The most steps of a path; a path that reaches the limit ends early.
    package var steps: Int
    /// The seed of all random numbers.
    package var seed: UInt64
    /// The experts that items may be sampled from.
    package var experts: Set<ExpertID>
    /// The number of threads, each of which simulates blocks of 256 paths.
    ///
    /// It does not affect the result.
    package var threads: Int
    /// Whether the LSTM's items are sampled exactly from a large catalogue too.
    ///
    /// The paths of a block share proposals, so a change in one path may change others. Comparisons
    /// path by path need exact samples.
    package var samplesItemsExactly = false

    /// The greatest number of ``steps``.
    package static let stepLimit = 400
    /// The greatest number of ``paths``.
    package static let pathLimit = 100_000
    /// The longest horizon: a year, in seconds.
    package static let horizonLimit: Int64 = 366 * 86_400

    /// Makes settings; 28 days and 500 paths unless given.
    package init(
        horizonSeconds: Int64 = 28 * 86_400, paths: Int = 500, steps: Int = stepLimit,
        seed: UInt64 = 7,
        experts: Set<ExpertID> = Set(ExpertID.allCases), threads: Int = 2
    ) {
        self.horizonSeconds = horizonSeconds
        self.paths = paths
        self.steps = steps
        self.seed = seed
        self.experts = experts
        self.threads = threads
    }

    /// Checks the range of each setting.
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

/// The reason why futures cannot be simulated, read or written.
package struct FuturesError: Error, CustomStringConvertible, Sendable, Hashable {
    /// What is wrong.
    package let problem: String
    /// The step that resolves it, if each interface words that step in its own way.
    package let remedy: Remedy?

    /// What is wrong, and what to do.
    package var description: String { remedy.map { "\(problem) \($0)" } ?? problem }

    /// Makes an error.
    package init(_ problem: String, remedy: Remedy? = nil) {
        self.problem = problem
        self.remedy = remedy
    }
}
