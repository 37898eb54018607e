import Foundation
import Learning
import Shop
import TestSupport
import Testing

@testable import Prediction

@Suite("Quality gate")
struct QualityGateTests {
    @Test("Without a model in use, or with one that cannot be read, the new one passes")
    func first() throws {
        let trained = try World.trained.get()
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        let gate = QualityGate(registry, threads: 2)
        let alone = gate.verdict(on: trained.metrics, heldOut: trained.heldOut)
        #expect(alone.passes && alone.current == nil && alone.currentBits == nil)
        try registry.promote(try registry.publish(trained.model, metrics: trained.metrics))
        try folder.put(Data("{}".utf8), "v0001/config.json")
        let unreadable = gate.verdict(on: trained.metrics, heldOut: trained.heldOut)
        #expect(unreadable.passes && unreadable.current == "v0001")
        #expect(unreadable.currentBits == nil)
    }

    @Test("A model that learned nothing is replaced, and does not replace one that did")
    func decides() throws {
        let good = try World.trained.get()
        // The items are shuffled, so there is nothing to learn.
        let events = try World.events.get()
        let shuffled = zip(events, events.dropFirst(5) + events.prefix(5)).map { event, other in
            Event(
                eventID: event.eventID, userID: event.userID, itemID: other.itemID,
                type: event.type, timestamp: event.timestamp)
        }
        let mixed = TrainingData(shuffled, by: \.userID)
        let bad = try Trainer(World.configuration(epochs: 1)).train(mixed) { _ in }
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        try registry.promote(try registry.publish(bad.model, metrics: bad.metrics))
        let givesWay = QualityGate(registry, threads: 2)
            .verdict(on: good.metrics, heldOut: good.heldOut)
        #expect(givesWay.passes)
        #expect(givesWay.bits > (try #require(givesWay.currentBits)))
        let stays = QualityGate.Verdict(
            bits: good.heldOut.bits(of: bad.model, threads: 2),
            currentBits: good.heldOut.bits(of: good.model, threads: 2),
            current: "v0001")
        #expect(!stays.passes, "\(stays)")
    }

    @Test("A little worse is good enough, more is not")
    func tolerance() {
        let passes = { (bits: Double) in
            QualityGate.Verdict(bits: bits, currentBits: -5, current: "v0001").passes
        }
        #expect(passes(-4) && passes(-5) && passes(-5 - QualityGate.tolerance + 1e-9))
        #expect(!passes(-5 - QualityGate.tolerance - 1e-9) && !passes(-.infinity))
    }

    @Test("A model with items in another order, or without some, gets the same queries")
    func otherCatalogue() throws {
        let trained = try World.trained.get()
        let own = trained.heldOut.bits(of: trained.model, threads: 2)
        #expect(own < 0 && own > -20)
        let events = try World.events.get()
        // The newest events first give the items other indices; none is left out.
        let reversed = TrainingData(events.reversed(), by: \.userID)
        let other = try Trainer(World.configuration()).train(reversed) { _ in }.model
        #expect(other.catalogue.itemIDs != trained.model.catalogue.itemIDs)
        #expect(abs(trained.heldOut.bits(of: other, threads: 2) - own) < 1)
        let few = try Trainer(World.configuration(epochs: 1))
            .train(TrainingData(events, by: \.userID, minimumItemCount: 40)) { _ in }.model
        #expect(few.catalogue.count < trained.model.catalogue.count)
        #expect(trained.heldOut.bits(of: few, threads: 2) < own - 0.5)
    }

    @Test("With more data, nearly all held-out customers are held out again")
    func stable() throws {
        let events = try World.events.get()
        let earlier = Array(events.prefix(events.count * 3 / 4))
        let heldOut = { (events: [Event]) throws -> Set<String> in
            let data = TrainingData(events, by: \.userID)
            var configuration = World.configuration(width: 8, epochs: 1)
            configuration.heldOutShare = 0.25
            let split = try Trainer(configuration).split(data)
            return Set(
                data.owners.indices.filter { owner in
                    let range = data.sequences.range(of: owner)
                    return (0..<split.heldOut.count).contains {
                        split.heldOut.items[split.heldOut.range(of: $0)]
                            == data.sequences.items[range]
                    }
                }.map { data.owners[$0] })
        }
        let (before, after) = (try heldOut(earlier), try heldOut(events))
        #expect(before.count >= 8)
        #expect(before.intersection(after).count >= before.count - 2)
    }
}
