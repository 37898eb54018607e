import Foundation
import Learning
import Shop
import TestSupport
import Testing
import TwinStorage

@testable import Prediction

@Suite("Erasing customers from models")
struct ForgettingTests {
    /// A model of a store, and the pseudonyms of its customers.
    private struct Trained {
        let model: PredictionModel
        let metrics: TrainingMetrics
        let pseudonyms: [String]

        static let shared = Result { try Trained() }

        init() throws {
            let folder = try TemporaryFolder()
            let store = try TwinStore(
                path: folder.url.appending(path: "store").path,
                pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 3, count: 32)))
            _ = try store.append(try World.events.get())
            let data = try TrainingData(store)
            pseudonyms = try (0..<data.sequences.count).compactMap {
                try store.customerKey(of: TwinID(rawValue: $0))?.rawValue
            }
            let trained = try Trainer(World.configuration(width: 8, epochs: 1)).train(data) { _ in }
            (model, metrics) = (trained.model, trained.metrics)
        }
    }

    private let folder: TemporaryFolder
    private let registry: ModelRegistry

    init() throws {
        folder = try TemporaryFolder()
        registry = ModelRegistry(folder: folder.url.path)
    }

    private func publish() throws -> String {
        let trained = try Trained.shared.get()
        return try registry.publish(trained.model, metrics: trained.metrics)
    }

    /// The customers whose sequences are in the files of a version.
    private func kept(_ version: String) throws -> [RowKey] {
        try registry.stored(version).model.neighbours.events.keys
    }

    private func keys() throws -> [RowKey] {
        try Trained.shared.get().pseudonyms.map { RowKey(pseudonym: $0) }
    }

    /// The names in a version's folder, and their bytes.
    private func files(_ version: String) throws -> [String: Data] {
        let path = folder.url.appending(path: version)
        let names = try FileManager.default.contentsOfDirectory(atPath: path.path)
        return Dictionary(
            uniqueKeysWithValues: try names.map { ($0, try folder.bytes("\(version)/\($0)")) })
    }

    @Test("A row has its customer's key, and the order of rows reveals nothing about the store")
    func rows() throws {
        let trained = try Trained.shared.get()
        let events = trained.model.neighbours.events
        let keys = try keys()
        #expect(keys.count == 40 && Set(keys) == Set(events.keys))
        let rows = zip(events.endDays, events.keys).map { (day: $0, key: $1) }
        let sorted = rows.sorted { ($0.day, $0.key) < ($1.day, $1.key) }
        #expect(rows.map(\.key) == sorted.map(\.key))
        #expect(events.keys != keys)
        // Days since 1970, not seconds.
        #expect(events.endDays.allSatisfy { (0..<100_000).contains($0) })
        // Pseudonyms are not in the files, nor are the ids of which they are made.
        _ = try publish()
        let texts = try files("v0001").values
        for pseudonym in trained.pseudonyms {
            #expect(texts.allSatisfy { $0.range(of: Data(pseudonym.utf8)) == nil })
        }
    }

    @Test("An erased customer's sequence is in no version, all others are, and a training ends")
    func forgets() throws {
        let trained = try Trained.shared.get()
        for _ in 0..<2 { _ = try publish() }
        try registry.promote("v0001")
        let manager = FileManager.default
        for name in [".training", ".draft-v0009"] {
            let path = folder.url.appending(path: name)
            try manager.createDirectory(at: path, withIntermediateDirectories: true)
            try folder.put(Data("x".utf8), name + "/file")
        }
        let erased = RowKey(pseudonym: trained.pseudonyms[7])
        #expect(try kept("v0001").contains(erased))
        let receipt = try registry.forget([trained.pseudonyms[7]])
        #expect(receipt.rewritten == ["v0001", "v0002"] && receipt.unreadable.isEmpty)
        let before = trained.model.neighbours.events
        for version in registry.versions {
            let after = try registry.stored(version).model.neighbours.events
            #expect(after.keys == before.keys.filter { $0 != erased })
            for (row, key) in after.keys.enumerated() {
                let former = try #require(before.keys.firstIndex(of: key))
                #expect(
                    after.items[after.range(of: row)] == before.items[before.range(of: former)])
                #expect(after.endDays[row] == before.endDays[former])
            }
            #expect(try files(version).keys.sorted() == Self.names)
        }
        let names = try manager.contentsOfDirectory(atPath: folder.url.path).sorted()
        #expect(names == [".lock", "current", "erased", "v0001", "v0002"])
        #expect(registry.history == ["v0001"])
        let model = try registry.read().model
        let asked = query(history([[0], [1, 2]]))
        #expect(abs(model.prediction(for: asked).probabilities.reduce(0, +) - 1) < 1e-4)
        // Repeating it changes nothing.
        let files = try files("v0001")
        #expect(try registry.forget([trained.pseudonyms[7]]).rewritten.isEmpty)
        #expect(try self.files("v0001") == files)
    }

    private static let names = [
        "card.md", "catalogue.json", "config.json", "manifest.json", "metrics.json",
        "model.safetensors", "response.json",
    ]

    @Test("A model that was trained before the erasure is published without the customer")
    func publishesWithout() throws {
        let trained = try Trained.shared.get()
        _ = try publish()
        _ = try registry.forget(trained.pseudonyms.prefix(2))
        let version = try publish()
        let (left, erased) = (try kept(version), try keys().prefix(2))
        #expect(left.count == 38 && Set(left).isDisjoint(with: erased))
        // Earlier erasures are remembered with later ones.
        _ = try registry.forget([trained.pseudonyms[2]])
        #expect(try kept(try publish()).count == 37)
    }

    @Test("A version of a backup is read without the customer, and rewritten by the next erasure")
    func restoredVersion() throws {
        let trained = try Trained.shared.get()
        _ = try publish()
        let backup = folder.url.appending(path: "backup")
        try FileManager.default.copyItem(at: folder.url.appending(path: "v0001"), to: backup)
        _ = try registry.forget([trained.pseudonyms[0]])
        try FileManager.default.moveItem(at: backup, to: folder.url.appending(path: "v0007"))
        #expect(try kept("v0007").count == 40)
        #expect(try registry.read(version: "v0007").model.neighbours.events.count == 39)
        #expect(try registry.forget([]).rewritten == ["v0007"])
        #expect(try kept("v0007").count == 39)
    }

    @Test("Wherever an erasure is interrupted, the version can be used, and the next one finishes")
    func interrupted() throws {
        let trained = try Trained.shared.get()
        let path = folder.url.appending(path: "v0001")
        let tensors = ModelFiles.tensorsName
        _ = try publish()
        let former = try files("v0001")
        _ = try registry.forget([trained.pseudonyms[0]])
        let finished = try files("v0001")
        // The manifest that allows the old and the new tensors.
        var both = try ModelManifest(in: path)
        let new = try #require(both.files[tensors])
        both.files[tensors] = ModelManifest.Digest(try #require(former[tensors]))
        both.replacements = [tensors: new]
        let between = try ModelFiles.json(both)
        let states: [[String: Data?]] = [
            // Only the list of erased customers was written.
            [tensors: former[tensors], "manifest.json": former["manifest.json"]],
            // The new tensors are beside the old ones, complete or not.
            [
                tensors: former[tensors], "manifest.json": former["manifest.json"],
                tensors + ".next": Data("half".utf8),
            ],
            [
                tensors: former[tensors], "manifest.json": between,
                tensors + ".next": finished[tensors],
            ],
            // They have replaced the old ones.
            [tensors: finished[tensors], "manifest.json": between],
        ]
        for (number, state) in states.enumerated() {
            for (name, bytes) in state {
                try folder.put(try #require(bytes), "v0001/" + name)
            }
            #expect(
                try registry.read(version: "v0001").model.neighbours.events.count == 39,
                "state \(number)")
            #expect(try registry.forget([]).rewritten == ["v0001"], "state \(number)")
            #expect(try files("v0001") == finished, "state \(number)")
        }
    }

    @Test("Sequences of unknown customers are all erased")
    func unknownRows() throws {
        let other = try World.trained.get()
        #expect(try registry.publish(other.model, metrics: other.metrics) == "v0001")
        #expect(try registry.read(version: "v0001").model.neighbours.events.count == 40)
        #expect(try registry.forget(["somebody"]).rewritten == ["v0001"])
        #expect(try registry.stored("v0001").model.neighbours.events.count == 0)
    }

    @Test("Versions that cannot be read are named and not changed")
    func unreadable() throws {
        let trained = try Trained.shared.get()
        for _ in 0..<3 { _ = try publish() }
        try folder.put(Data(#"{"formatVersion": 6}"#.utf8), "v0001/config.json")
        try folder.put(Data("cut".utf8), "v0003/model.safetensors")
        let receipt = try registry.forget([trained.pseudonyms[0]])
        #expect(receipt.rewritten == ["v0002"] && receipt.unreadable == ["v0001", "v0003"])
        #expect(try folder.bytes("v0003/model.safetensors") == Data("cut".utf8))
    }

    @Test("Without a folder there is nothing to do; damage to the list of erased ones is an error")
    func list() throws {
        let nowhere = ModelRegistry(folder: folder.url.path + "/nowhere")
        #expect(try nowhere.forget(["somebody"]) == ForgettingReceipt())
        #expect(!FileManager.default.fileExists(atPath: nowhere.folder.path))
        _ = try publish()
        for text in ["x\n", String(repeating: "0", count: 31) + "\n", "é\n"] {
            try folder.put(Data(text.utf8), "erased")
            for work in [
                { _ = try registry.read(version: "v0001") }, { _ = try publish() },
                { _ = try registry.forget(["somebody"]) },
            ] {
                let error = #expect(throws: PredictionError.self) { try work() }
                #expect(error?.code == .file && error?.description.contains("erased") == true)
            }
        }
        try folder.put(Data(), "erased")
        #expect(try registry.read(version: "v0001").model.neighbours.events.count == 40)
    }

    @Test("A key is read back from its bytes and digits, and differs from customer to customer")
    func rowKeys() throws {
        let keys = ["", "a", "b", String(repeating: "f", count: 32)].map { RowKey(pseudonym: $0) }
        #expect(Set(keys).count == 4)
        for key in keys {
            #expect(key.bytes.count == 16 && RowKey(bytes: key.bytes[...]) == key)
            #expect(key.text.count == 32 && RowKey(key.text) == key)
        }
        let sorted = keys.sorted().map(\.text)
        #expect(sorted == keys.map(\.text).sorted())
        #expect(RowKey(bytes: [1, 2, 3]) == nil && RowKey("ff") == nil)
        #expect(RowKey(String(repeating: "g", count: 32)) == nil)
    }
}
