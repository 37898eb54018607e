import FuturesFixtures
import Learning
import Shop
import SyntheticShop
import Testing

@testable import Prediction
@testable import Simulation

/// What two simulations must agree on.
func expectEqual(
    _ first: Futures, _ second: Futures, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(first.events == second.events, sourceLocation: sourceLocation)
    #expect(first.starts == second.starts, sourceLocation: sourceLocation)
    #expect(
        first.shares.map(\.share) == second.shares.map(\.share), sourceLocation: sourceLocation)
    #expect(first.origin == second.origin, sourceLocation: sourceLocation)
}

extension SimulationStart {
    /// The futures after one step of all paths.
    func firstStep() -> Futures {
        var run = SimulationRun(self, paths: 0..<settings.paths)
        run.advance(step: 0)
        return futures([Block(run)])
    }
}
