import Foundation
import Testing

extension FuzzTarget: CustomTestStringConvertible {
    var testDescription: String { name }
}

/// No input ends the process, and an accepted input can be written and read back.
///
/// The number of a mutant reproduces it. A mutant that finds an error becomes a test of its own.
@Suite(.timeLimit(.minutes(5))) struct MutationTests {
    private static let mutantCount: UInt64 = 300

    @Test(arguments: FuzzTarget.all + FuzzTarget.serviceTargets)
    func readersAcceptOrRefuseAllMutants(_ target: FuzzTarget) throws {
        for number in 0..<Self.mutantCount {
            var mutator = Mutator(seed: number)
            let mutant = mutator.mutant(of: target.seeds)
            do {
                try target.run(mutant)
            } catch {
                let text = Data(mutant).base64EncodedString()
                Issue.record("\(target.name), mutant \(number) (base64 \(text)): \(error)")
            }
        }
    }

    @Test(arguments: FuzzTarget.all + FuzzTarget.serviceTargets)
    func seedsAreAccepted(_ target: FuzzTarget) throws {
        #expect(!target.seeds.isEmpty)
        for seed in target.seeds + [[]] { try target.run(seed) }
    }

    @Test func targetsHaveUniqueNames() {
        let names = (FuzzTarget.all + FuzzTarget.serviceTargets).map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func theNumberOfAMutantDeterminesIt() {
        let seeds = [Array("one seed".utf8), Array("and another".utf8)]
        let mutants = (0..<50).map { (number: UInt64) -> [UInt8] in
            var mutator = Mutator(seed: number)
            return mutator.mutant(of: seeds)
        }
        let again = (0..<50).map { (number: UInt64) -> [UInt8] in
            var mutator = Mutator(seed: number)
            return mutator.mutant(of: seeds)
        }
        #expect(mutants == again)
        #expect(Set(mutants).count > 40)
    }
}
