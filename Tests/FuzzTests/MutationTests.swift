import Foundation
import Testing

extension FuzzTarget: CustomTestStringConvertible {
    var testDescription: String { name }
}

/// What comes from outside never ends the process, and what is accepted is what was written.
///
/// A mutant that breaks a promise is found again by its number, or by `tools/fuzz`, and becomes a
/// test of its own.
@Suite(.timeLimit(.minutes(5))) struct MutationTests {
    private static let mutantCount: UInt64 = 300

    @Test(arguments: FuzzTarget.all + FuzzTarget.serviceTargets)
    func readersBearAllMutants(_ target: FuzzTarget) throws {
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
    func theSeedsThemselvesAreRight(_ target: FuzzTarget) throws {
        #expect(!target.seeds.isEmpty)
        for seed in target.seeds + [[]] { try target.run(seed) }
    }

    @Test func targetsHaveNamesOfTheirOwn() {
        let names = (FuzzTarget.all + FuzzTarget.serviceTargets).map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func aMutantIsDecidedByItsNumber() {
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
