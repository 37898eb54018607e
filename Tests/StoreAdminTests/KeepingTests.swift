import Foundation
import LMDB
import PropertyGraph
import TestSupport
import Testing
import TwinFixtures
import TwinStorage

@testable import Shop
@testable import StoreAdmin

/// Backups, restoring them, and compacting.
@Suite struct KeepingTests {
    private func shop(_ folder: TemporaryFolder? = nil, events count: Int = 50) throws -> TestStore
    {
        var generator = SeededGenerator(seed: 9)
        let shop = try TestStore(folder: folder)
        let events = (0..<count).map { number in
            generator.event(user: "u\(generator.below(3))", eventID: "\(number)")
        }
        _ = try shop.store.append(events)
        return shop
    }

    private func images(_ shop: TestStore) throws -> [TwinImage] {
        try (0..<3).map { TwinImage(try shop.twin("u\($0)")) }
    }

    private func names(_ folder: TemporaryFolder) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int) & 0o777
    }

    private func check(_ folder: String) throws {
        let report = try StoreVerification.verify(folder)
        guard report.isSound else { throw TwinsError(.corrupt, "\(report.findings)") }
    }

    /// Makes a page more than anybody knows of, as LMDB does when a process dies at a bad moment.
    private func losePage(_ store: String) throws {
        let url = URL(fileURLWithPath: store + "/data.mdb")
        var bytes = try Data(contentsOf: url)
        let newest = bytes[144] > bytes[4096 + 144] ? 0 : 4096
        let last = Int(bytes[newest + 136]) + 1
        for meta in [0, 4096] { bytes[meta + 136] = UInt8(last) }
        bytes += Data(repeating: 0, count: max(0, (last + 1) * 4096 - bytes.count))
        try bytes.write(to: url)
    }

    // MARK: Backup

    @Test(arguments: [true, false])
    func aBackupIsTheStore(isCompacting: Bool) throws {
        let shop = try shop()
        let images = try images(shop)
        shop.store.graph.environment.close()
        let file = shop.folder("backup.mdb")
        let made = try StoreBackup.make(
            of: shop.folder("store"), at: file, isCompacting: isCompacting)
        #expect(made.method == (isCompacting ? .compacting : .plain))
        #expect(made.bytes == StoreFiles.size(of: file))
        #expect(try mode(file) == 0o600)
        #expect(try names(shop.folder) == ["store", "backup.mdb"])
        #expect(try StoreVerification.verify(file).findings == [])
        let other = try TemporaryFolder()
        _ = try StoreRestore.restore(
            file, to: other("store"), isReplacing: false, verify: check)
        #expect(try self.images(TestStore(folder: other)) == images)
    }

    @Test func verifyingABackupLeavesNothingBesideIt() throws {
        let shop = try shop()
        shop.store.graph.environment.close()
        _ = try StoreBackup.make(of: shop.folder("store"), at: shop.folder("b"))
        let before = FileManager.default.contents(atPath: shop.folder("b"))
        _ = try StoreVerification.verify(shop.folder("b"))
        #expect(try names(shop.folder) == ["store", "b"])
        #expect(FileManager.default.contents(atPath: shop.folder("b")) == before)
    }

    @Test func backupsAreMadeWhileAnotherProcessWrites() async throws {
        let shop = try shop()
        let store = shop.store
        let writing = Task {
            var number = 0
            while !Task.isCancelled {
                _ = try await store.append([event(.view, "A", Double(number), id: "w\(number)")])
                number += 1
            }
        }
        await #expect(processExitsWith: .success) { [path = shop.folder.path as String] in
            for number in 0..<10 {
                let file = path + "/backup-\(number)"
                _ = try StoreBackup.make(of: path + "/store", at: file)
                let report = try StoreVerification.verify(file)
                #expect(report.findings == [])
            }
            let live = try StoreVerification.verify(path + "/store")
            #expect(live.findings == [])
        }
        writing.cancel()
        _ = await writing.result
        #expect(try names(shop.folder).count == 11)
    }

    @Test func backupsNeverOverwrite() throws {
        let shop = try shop()
        shop.store.graph.environment.close()
        let file = try shop.folder.file("precious", name: "b")
        #expect(
            twinsError { _ = try StoreBackup.make(of: shop.folder("store"), at: file) }?.code
                == .file)
        #expect(FileManager.default.contents(atPath: file) == Data("precious".utf8))
        #expect(
            twinsError { _ = try StoreBackup.make(of: shop.folder("none"), at: file) }?.code
                == .notFound)
    }

    @Test func lostPagesDoNotKeepAStoreFromBeingBackedUp() throws {
        let shop = try shop()
        let images = try images(shop)
        shop.store.graph.environment.close()
        try losePage(shop.folder("store"))
        #expect(try StoreVerification.verify(shop.folder("store")).pages.lost == 1)
        let file = shop.folder("backup.mdb")
        let made = try StoreBackup.make(of: shop.folder("store"), at: file)
        #expect(made.method == .records)
        #expect(try mode(file) == 0o600)
        let report = try StoreVerification.verify(file)
        #expect(report.findings == [] && report.pages.lost == 0)
        #expect(try names(shop.folder) == ["store", "backup.mdb"])
        let other = try TemporaryFolder()
        _ = try StoreRestore.restore(
            file, to: other("store"), isReplacing: false, verify: check)
        #expect(try self.images(TestStore(folder: other)) == images)
    }

    @Test func keysAreCopiedForTheirOwnerAlone() throws {
        let folder = try TemporaryFolder()
        let key = try folder.file("00", name: "store.key")
        try StoreBackup.copyKey(key, to: folder("b.key"))
        #expect(try mode(folder("b.key")) == 0o600)
        #expect(FileManager.default.contents(atPath: folder("b.key")) == Data("00".utf8))
        #expect(twinsError { try StoreBackup.copyKey(key, to: folder("b.key")) }?.code == .file)
        #expect(
            twinsError { try StoreBackup.copyKey(folder("none"), to: folder("c")) }?.code == .key)
    }

    // MARK: Restore

    @Test func restoringNeedsLeaveToReplace() throws {
        let shop = try shop()
        shop.store.graph.environment.close()
        let store = shop.folder("store")
        let backup = shop.folder("backup.mdb")
        _ = try StoreBackup.make(of: store, at: backup)
        let refused = twinsError {
            _ = try StoreRestore.restore(backup, to: store, isReplacing: false, verify: check)
        }
        #expect(refused?.code == .file)
        #expect(refused?.remedy == .replaceStore(kept: shop.folder("store.before-restore")))
        #expect(try names(shop.folder) == ["store", "backup.mdb"])
        let kept = try StoreRestore.restore(backup, to: store, isReplacing: true, verify: check)
        #expect(kept == shop.folder("store.before-restore"))
        #expect(try names(shop.folder) == ["store", "backup.mdb", "store.before-restore"])
        #expect(try mode(store) == 0o700)
        #expect(try mode(store + "/data.mdb") == 0o600)
        // The one that was kept is not overwritten by the next.
        let again = twinsError {
            _ = try StoreRestore.restore(backup, to: store, isReplacing: true, verify: check)
        }
        #expect(again?.description.contains("store.before-restore is there already") ?? false)
        try check(store)
    }

    @Test func theReplacedStoreIsWhole() throws {
        let shop = try shop(events: 20)
        let early = try images(shop)
        let store = shop.folder("store")
        shop.store.graph.environment.close()
        _ = try StoreBackup.make(of: store, at: shop.folder("early"))
        let more = try TestStore(folder: shop.folder)
        _ = try more.append(event(.view, "late", 0, user: "u0", id: "late"))
        let late = try images(more)
        more.store.graph.environment.close()
        #expect(early != late)
        let kept = try #require(
            try StoreRestore.restore(
                shop.folder("early"), to: store, isReplacing: true, verify: check))
        #expect(try images(TestStore(folder: shop.folder)) == early)
        // And back again, from a folder.
        try FileManager.default.moveItem(atPath: kept, toPath: shop.folder("old"))
        _ = try StoreRestore.restore(
            shop.folder("old"), to: store, isReplacing: true, verify: check)
        #expect(try images(TestStore(folder: shop.folder)) == late)
    }

    @Test func aDamagedBackupIsNotRestored() throws {
        let shop = try shop()
        let images = try images(shop)
        shop.store.graph.environment.close()
        let store = shop.folder("store")
        _ = try StoreBackup.make(of: store, at: shop.folder("b"))
        var bytes = try Data(contentsOf: URL(fileURLWithPath: shop.folder("b")))
        let pseudonym = Data(shop.store.pseudonymizer.pseudonym(of: "u1").utf8)
        let place = try #require(bytes.range(of: pseudonym))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: URL(fileURLWithPath: shop.folder("b")))
        #expect(
            twinsError {
                _ = try StoreRestore.restore(
                    shop.folder("b"), to: store, isReplacing: true, verify: check)
            }?.code == .corrupt)
        #expect(try names(shop.folder) == ["store", "b"])
        #expect(try self.images(TestStore(folder: shop.folder)) == images)
        #expect(
            twinsError {
                _ = try StoreRestore.restore(
                    shop.folder("none"), to: store, isReplacing: true, verify: check)
            }?.code == .notFound)
    }

    @Test func whatABackupThatWasCutOffHasLeftIsRemovedByTheNext() throws {
        let shop = try shop()
        shop.store.graph.environment.close()
        _ = try shop.folder.file("half", name: "b.partial-1")
        _ = try shop.folder.file("of another", name: "bb.partial-1")
        _ = try StoreBackup.make(of: shop.folder("store"), at: shop.folder("b"))
        #expect(try names(shop.folder) == ["store", "b", "bb.partial-1"])
    }

    @Test func aRestoreThatIsKilledLeavesTheOldStore() async throws {
        let shop = try shop()
        let images = try images(shop)
        shop.store.graph.environment.close()
        _ = try StoreBackup.make(of: shop.folder("store"), at: shop.folder("b"))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = shop.folder.path as String] in
            _ = try StoreRestore.restore(
                path + "/b", to: path + "/store", isReplacing: true
            ) { _ in kill(getpid(), SIGKILL) }
        }
        #expect(try names(shop.folder) == ["store", "store.restoring", "b"])
        #expect(try self.images(TestStore(folder: shop.folder)) == images)
        _ = try StoreRestore.restore(
            shop.folder("b"), to: shop.folder("store"), isReplacing: true, verify: check)
        #expect(try names(shop.folder) == ["store", "store.before-restore", "b"])
    }

    // MARK: Exchanging folders

    /// The states in which a process may end, made by hand, with "old" and "new" for the contents:
    /// (store, staging, whether the store bears the mark, whether staging does).
    @Test(arguments: [
        ("old", "new", false, true), ("old", "", false, true), ("old", "", false, false),
        ("new", "old", true, false), ("new", "old", false, false), ("new", "", false, false),
    ])
    func everyStateIsBroughtToAnEnd(
        store: String, staging: String, storeMark: Bool, stagingMark: Bool
    ) throws {
        let folder = try TemporaryFolder()
        let swap = StoreSwap(stage: "next", kept: "before")
        func fill(_ name: String, _ contents: String, _ hasMark: Bool) throws {
            try StoreFiles.makeFolder(folder(name))
            if hasMark { _ = try folder.file("", name: name + "/unfinished") }
            if !contents.isEmpty { _ = try folder.file(contents, name: name + "/data.mdb") }
        }
        func contents(_ name: String) -> String? {
            FileManager.default.contents(atPath: folder(name + "/data.mdb"))
                .map { String(decoding: $0, as: UTF8.self) }
        }
        try fill("store", store, storeMark)
        try fill("store.next", staging, stagingMark)
        let isExchanged = staging == "old"
        if isExchanged {
            // The old store is kept, so that the next exchange needs its place to be cleared.
            let error = twinsError { _ = try swap.begin(folder("store")) }
            #expect(error?.description.contains("before is there already") ?? false)
            #expect(contents("store.before") == "old")
            try FileManager.default.removeItem(atPath: folder("store.before"))
        }
        let next = try swap.begin(folder("store"))
        #expect(contents("store") == store)
        #expect(try FileManager.default.contentsOfDirectory(atPath: next) == ["unfinished"])
        _ = try folder.file("next", name: "store.next/data.mdb")
        try swap.commit(folder("store"))
        #expect(contents("store") == "next")
        #expect(contents("store.before") == store)
        #expect(try names(folder) == ["store", "store.before"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder("store")) == ["data.mdb"])
    }

    @Test func linksToStoresStayLinks() throws {
        let shop = try shop()
        shop.store.graph.environment.close()
        _ = try StoreBackup.make(of: shop.folder("store"), at: shop.folder("b"))
        try FileManager.default.createSymbolicLink(
            atPath: shop.folder("link"), withDestinationPath: shop.folder("store"))
        _ = try StoreRestore.restore(
            shop.folder("b"), to: shop.folder("link"), isReplacing: true, verify: check)
        let target = try FileManager.default.destinationOfSymbolicLink(
            atPath: shop.folder("link"))
        #expect(target == shop.folder("store"))
        #expect(try names(shop.folder) == ["store", "store.before-restore", "b", "link"])
    }

    // MARK: Compacting

    @Test func compactingKeepsEverythingAndGivesSpaceBack() throws {
        let shop = try shop(events: 400)
        try shop.store.mergeAll()
        let images = try images(shop)
        _ = try shop.store.erase("u2", at: after(0))
        shop.store.graph.environment.close()
        let size = try StoreCompaction.compact(shop.folder("store"), verify: check)
        #expect(size.after < size.before)
        #expect(size.after == StoreFiles.size(of: shop.folder("store/data.mdb")))
        let again = try TestStore(folder: shop.folder)
        #expect(try TwinImage(again.twin("u0")) == images[0])
        #expect(try again.twin("u2").isCold)
        _ = try again.append(event(.view, "A", 1, id: "new"))
        again.store.graph.environment.close()
        try check(shop.folder("store"))
        let files = try FileManager.default.contentsOfDirectory(atPath: shop.folder("store"))
        #expect(Set(files) == ["data.mdb", "lock.mdb", "writer.lock"])
    }

    @Test func whatWasErasedIsGoneAfterwards() throws {
        let shop = try TestStore()
        let query = "a very private question"
        var search = event(.search, nil, 0, user: "u", id: "1")
        search.query = query
        _ = try shop.append(search)
        try shop.store.mergeAll()
        #expect(try shop.dataContains(query))
        _ = try shop.store.erase("u", at: after(1))
        shop.store.graph.environment.close()
        _ = try StoreCompaction.compact(shop.folder("store"), verify: check)
        #expect(try !shop.dataContains(query))
    }

    @Test func erasedBytesAreRememberedUntilTheStoreIsCompacted() async throws {
        let shop = try shop()
        let store = shop.folder("store")
        #expect(try shop.store.compactionDue() == nil)
        // One who is not known leaves nothing in the file.
        _ = try shop.store.erase("nobody", at: after(0))
        #expect(try shop.store.compactionDue() == nil)
        _ = try shop.store.erase("u1", at: after(1))
        _ = try shop.store.erase("u2", at: after(2))
        #expect(try shop.store.compactionDue() == after(1))
        shop.store.graph.environment.close()
        let waiting = try StoreVerification.verify(store)
        #expect(waiting.isCompactionDue && waiting.isSound)
        // A compact backup has no old pages.
        _ = try StoreBackup.make(of: store, at: shop.folder("b"))
        #expect(try !StoreVerification.verify(shop.folder("b")).isCompactionDue)
        await #expect(processExitsWith: .signal(SIGKILL)) { [store = store as String] in
            _ = try StoreCompaction.compact(store) { _ in kill(getpid(), SIGKILL) }
        }
        #expect(try StoreVerification.verify(store).isCompactionDue)
        #expect(throws: TwinsError.self) {
            _ = try StoreCompaction.compact(store) { _ in throw TwinsError(.corrupt, "planted") }
        }
        #expect(try StoreVerification.verify(store).isCompactionDue)
        _ = try StoreCompaction.compact(store, verify: check)
        let report = try StoreVerification.verify(store)
        #expect(!report.isCompactionDue && report.findings == [])
        let again = try TestStore(folder: shop.folder)
        #expect(try again.store.compactionDue() == nil)
        #expect(try again.twin("u1").isCold && again.store.isErased("u1"))
        _ = try again.append(event(.view, "A", 1, user: "u0", id: "new"))
        again.store.graph.environment.close()
        #expect(try !StoreVerification.verify(store).isCompactionDue)
    }

    @Test func whatErasingDoesNotReachIsFound() throws {
        let shop = try shop()
        let store = shop.folder("store")
        shop.store.graph.environment.close()
        #expect(ErasureRemains.find(store: store, in: [shop.folder.path]) == [])
        _ = try StoreBackup.make(of: store, at: shop.folder("b"))
        _ = try StoreRestore.restore(shop.folder("b"), to: store, isReplacing: true, verify: check)
        let other = try TemporaryFolder()
        _ = try other.file("# events.csv line 7: type: nope\n7,ann,tea,nope\n", name: "r.txt")
        _ = try other.file("# foretwin ingest, 2026-03-01\n# e.csv line 7: no\n", name: "r2")
        _ = try other.file(
            #"{"as_of":"2026-01-01","expected_count":1,"item_id":"a","twin":"00"}"# + "\n",
            name: "f.partial")
        _ = try other.file(
            #"{"as_of":"2026-01-01","customer_key":"00","expected_count":1,"item_id":"a"}"# + "\n",
            name: "g.jsonl")
        _ = try other.file(
            "<!DOCTYPE html>\n<meta name=\"generator\" content=\"Foretwin\"/>", name: "p")
        try StoreFiles.makeFolder(other("ann"))
        _ = try other.file("{}", name: "ann/twin.json")
        _ = try other.file("{}", name: "ann/events.jsonl")
        // What is none of these, and what cannot be read.
        _ = try other.file("# A line of a heading\n", name: "notes.md")
        _ = try other.file("", name: "empty")
        _ = try other.file("user_id,item_id\nann,tea\n", name: "events.csv")
        _ = try other.file([0xFF, 0xFE, 0], name: "bytes")
        #expect(mkfifo(other("pipe"), 0o600) == 0)
        try FileManager.default.createSymbolicLink(
            atPath: other("loop"), withDestinationPath: other("loop"))
        let found = ErasureRemains.find(
            store: store, in: [other.path, shop.folder.path, other("nowhere")])
        let kinds = Dictionary(
            uniqueKeysWithValues: found.map {
                (URL(filePath: $0.path).lastPathComponent, $0.kind)
            })
        #expect(
            kinds == [
                "b": "backup", "store.before-restore": "former store", "r.txt": "rejected lines",
                "r2": "rejected lines",
                "f.partial": "fleet file", "g.jsonl": "fleet file", "p": "report",
                "ann": "export of a twin",
            ])
        #expect(found.map(\.path) == found.map(\.path).sorted())
    }

    @Test func lostPagesAreGivenBack() throws {
        let shop = try shop()
        let images = try images(shop)
        shop.store.graph.environment.close()
        try losePage(shop.folder("store"))
        _ = try StoreCompaction.compact(shop.folder("store"), verify: check)
        let report = try StoreVerification.verify(shop.folder("store"))
        #expect(report.findings == [] && report.pages.lost == 0 && report.pages.free < 3)
        #expect(try self.images(TestStore(folder: shop.folder)) == images)
    }

    @Test func compactingThatFailsOrIsKilledChangesNothing() async throws {
        let shop = try shop()
        let images = try images(shop)
        shop.store.graph.environment.close()
        let store = shop.folder("store")
        #expect(throws: TwinsError.self) {
            _ = try StoreCompaction.compact(store) { _ in throw TwinsError(.corrupt, "planted") }
        }
        await #expect(processExitsWith: .signal(SIGKILL)) { [store = store as String] in
            _ = try StoreCompaction.compact(store) { _ in kill(getpid(), SIGKILL) }
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: store)
        #expect(files.contains("data.mdb.compacted"))
        #expect(try self.images(TestStore(folder: shop.folder)) == images)
        // The next run removes what the killed one has left.
        _ = try StoreCompaction.compact(store, verify: check)
        let after = try FileManager.default.contentsOfDirectory(atPath: store)
        #expect(Set(after).isSubset(of: ["data.mdb", "lock.mdb", "writer.lock"]))
        #expect(
            twinsError { _ = try StoreCompaction.compact(shop.folder("none"), verify: check) }?.code
                == .notFound)
    }

    @Test func aStoreInUseIsNeitherCompactedNorReplaced() async throws {
        let shop = try shop()
        try FileManager.default.copyItem(
            atPath: Fixture.file(GraphStore.formatVersion), toPath: shop.folder("b"))
        await #expect(processExitsWith: .exitCode(75)) {
            [path = shop.folder.path as String] in
            var refusals = 0
            for attempt in 0..<2 {
                do {
                    if attempt == 0 {
                        _ = try StoreCompaction.compact(path + "/store") { _ in }
                    } else {
                        _ = try StoreRestore.restore(
                            path + "/b", to: path + "/store", isReplacing: true
                        ) { _ in }
                    }
                } catch  where GraphStore.failure(error) == .inUse {
                    refusals += 1
                }
            }
            exit(refusals == 2 ? 75 : 1)
        }
        #expect(try shop.twin("u0").eventCount > 0)
    }
}
