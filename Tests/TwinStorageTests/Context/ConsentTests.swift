import Foundation
import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import StoreAdmin
@testable import TwinStorage

/// What customers agree to.
@Suite struct ConsentTests {
    private static let every = ContextPurpose.allCases
    /// All answers that there can be.
    private static let answers: [Set<ContextPurpose>] = (0..<8).map { bits in
        Set(every.enumerated().filter { bits & 1 << $0.offset != 0 }.map(\.element))
    }

    private func check(_ folder: String) throws {
        let report = try StoreVerification.verify(folder)
        guard report.isSound else { throw TwinsError(.corrupt, "\(report.findings)") }
    }

    @Test func whoHasSaidNothingAgreesToWhatIsUsual() throws {
        let shop = try TestStore()
        #expect(try shop.store.contextConsent(of: "nobody") == [.weather, .trends])
        try shop.append(event(.view, "a", 0))
        #expect(try shop.store.contextConsent(of: "u") == [.weather, .trends])
        let snapshot = try #require(try shop.store.snapshot(of: TwinID(rawValue: 0)))
        #expect(snapshot.consent == ContextPurpose.usual)
        #expect(try shop.store.snapshot(of: "nobody").consent == ContextPurpose.usual)
    }

    @Test(arguments: answers)
    func whatWasSaidIsKept(_ purposes: Set<ContextPurpose>) throws {
        let folder = try TemporaryFolder()
        do {
            let shop = try TestStore(folder: folder)
            try shop.append(event(.view, "a", 0), event(.view, "a", 0, user: "v"))
            try shop.store.setContextConsent(purposes, of: "v")
            #expect(try shop.store.contextConsent(of: "v") == purposes)
        }
        let shop = try TestStore(folder: folder, access: .read)
        #expect(try shop.store.contextConsent(of: "v") == purposes)
        #expect(try shop.store.snapshot(of: TwinID(rawValue: 1))?.consent == purposes)
        #expect(try shop.store.contextConsent(of: "u") == ContextPurpose.usual)
        #expect(try shop.store.snapshot(of: TwinID(rawValue: 0))?.consent == ContextPurpose.usual)
    }

    @Test func itMayBeSaidAnewAndBeforeEventsAreSettled() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "a", 0))
        for purposes in Self.answers + Self.answers.reversed() {
            try shop.store.setContextConsent(purposes, of: "u")
            #expect(try shop.store.contextConsent(of: "u") == purposes)
        }
    }

    @Test func lateEventsLeaveIt() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "a", 100), event(.view, "b", 200))
        try shop.store.settle()
        try shop.store.setContextConsent([.events], of: "u")
        // In time, late, and late again.
        for (number, second) in [300.0, 50, 20].enumerated() {
            try shop.append(event(.purchase, "c", second, id: "\(number)"))
            #expect(try shop.store.contextConsent(of: "u") == [.events])
            try shop.store.settle()
            #expect(try shop.store.contextConsent(of: "u") == [.events])
        }
        let other = try TestStore()
        try other.append(
            event(.view, "a", 100), event(.view, "b", 200),
            event(.purchase, "c", 300, id: "0"), event(.purchase, "c", 50, id: "1"),
            event(.purchase, "c", 20, id: "2"))
        #expect(TwinImage(try shop.twin()) == TwinImage(try other.twin()))
        shop.store.graph.environment.close()
        #expect(try StoreVerification.verify(shop.folder("store")).findings == [])
    }

    @Test func itIsThereAfterBackupRestoreAndCompaction() throws {
        let folder = try TemporaryFolder()
        do {
            let shop = try TestStore(folder: folder)
            try shop.append(event(.view, "a", 0))
            try shop.store.setContextConsent([], of: "u")
        }
        _ = try StoreBackup.make(of: folder("store"), at: folder("b"))
        _ = try StoreCompaction.compact(folder("store"), verify: check)
        let other = try TemporaryFolder()
        _ = try StoreRestore.restore(
            folder("b"), to: other("store"), isReplacing: false, verify: check)
        for place in [folder, other] {
            #expect(try TestStore(folder: place).store.contextConsent(of: "u") == [])
        }
    }

    @Test func unknownCustomersCannotAgree() throws {
        let shop = try TestStore()
        let error = twinsError { try shop.store.setContextConsent([.events], of: "nobody") }
        #expect(error?.code == .notFound)
        #expect(
            error?.description
                == "The store does not know this customer, so there is no twin to keep a consent "
                + "with. Check the id, or ingest an event of theirs first.")
        #expect(try shop.store.allocatedTwinCount() == 0)
    }

    @Test func erasingTakesItAlong() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "a", 0))
        try shop.store.setContextConsent([.events], of: "u")
        _ = try shop.store.erase("u", at: start)
        #expect(try shop.store.contextConsent(of: "u") == [])
        #expect(try shop.store.snapshot(of: "u").consent == [])
        #expect(try shop.store.snapshot(of: TwinID(rawValue: 0)) == nil)
        let error = twinsError { try shop.store.setContextConsent([.events], of: "u") }
        #expect(error?.code == .setting)
        #expect(
            error?.description
                == "The twin of this customer was erased, and nothing more is stored of them.")
        shop.store.graph.environment.close()
        #expect(try StoreVerification.verify(shop.folder("store")).findings == [])
    }

    // MARK: The record

    private func decode(_ bytes: [UInt8]) throws -> Set<ContextPurpose> {
        try ConsentRecord(decoding: bytes.span.bytes).purposes(at: nil)
    }

    private func record(
        _ purposes: Set<ContextPurpose>, since moment: Timestamp = start
    ) -> ConsentRecord {
        var record = ConsentRecord()
        record.add(purposes, since: moment)
        return record
    }

    @Test func answersCountFromWhenTheyWereGiven() throws {
        var consent = record([.events], since: after(10))
        consent.add([], since: after(20))
        consent.add([.weather], since: after(20))
        let found = try ConsentRecord(decoding: consent.encoded.span.bytes)
        #expect(found == consent)
        #expect(found.purposes(at: after(9.999)) == ContextPurpose.usual)
        #expect(found.purposes(at: after(10)) == [.events])
        #expect(found.purposes(at: after(19)) == [.events])
        #expect(found.purposes(at: after(20)) == [.weather])
        #expect(found.purposes(at: nil) == [.weather])
    }

    @Test func anAnswerLeavesThePastAsItWas() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "a", 0), event(.view, "a", 100))
        try shop.store.setContextConsent([.events], of: "u")
        try shop.append(event(.view, "a", 200))
        try shop.store.setContextConsent([], of: "u")
        #expect(try shop.store.snapshot(of: "u", asOf: after(99)).consent == ContextPurpose.usual)
        #expect(try shop.store.snapshot(of: "u", asOf: after(100)).consent == [.events])
        #expect(try shop.store.snapshot(of: "u").consent == [])
    }

    @Test func purposesOfAnotherTimeAreUnderstood() throws {
        var writer = ByteWriter()
        writer.appendVarint(2)
        writer.appendString("dreams")
        writer.appendUInt8(1)
        writer.appendString("weather")
        writer.appendUInt8(0)
        // Weather was refused, trends were not asked for, and of dreams nothing is known here.
        #expect(try decode(writer.bytes) == [.trends])
        #expect(try decode([0, 0]) == ContextPurpose.usual)
    }

    @Test func recordsThatAreCutShortAreDamage() throws {
        let bytes = record([.events]).encoded
        for count in 0..<bytes.count {
            #expect(throws: LMDBError.self) { try decode(Array(bytes.prefix(count))) }
        }
        #expect(throws: LMDBError.self) { try decode(bytes + [0]) }
    }

    @Test func verifyFindsWhatErasingShouldHaveTaken() throws {
        let shop = try TestStore()
        _ = try shop.store.erase("u", at: start)
        let graph = shop.store.graph
        let key = GraphStore.attachmentKey(GraphID(rawValue: 1), tag: ConsentRecord.tag).bytes
        try graph.write { transaction in
            try transaction.put(record([]).encoded, for: key, in: graph.records)
        }
        graph.environment.close()
        #expect(
            try StoreVerification.verify(shop.folder("store")).findings.map(\.what)
                == ["twin 1 was erased, and its consent is still there"])
    }
}
