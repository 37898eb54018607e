import Foundation
import Shop
import Synchronization
import TestSupport
import Testing

@testable import Prediction

@Suite("Model registry")
struct ModelRegistryTests {
    private func publish(in registry: ModelRegistry) throws -> String {
        let trained = try World.trained.get()
        return try registry.publish(trained.model, metrics: trained.metrics)
    }

    @Test("Each model that is published is the next version, and in use when it is promoted")
    func publishing() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.appending(path: "a/b").path)
        #expect(registry.versions.isEmpty)
        #expect(registry.current == nil)
        for version in ["v0001", "v0002", "v0003"] {
            let former = registry.current
            #expect(try publish(in: registry) == version)
            #expect(registry.current == former)
            try registry.promote(version)
            #expect(registry.current == version)
        }
        #expect(registry.versions == ["v0001", "v0002", "v0003"])
        let loaded = try registry.read()
        #expect(loaded.version == "v0003")
        #expect(loaded.model.catalogue.count == (try World.model().catalogue.count))
        #expect(try registry.read(version: "v0001").version == "v0001")
        let names = try FileManager.default.contentsOfDirectory(atPath: registry.folder.path)
        #expect(names.sorted() == [".lock", "current", "v0001", "v0002", "v0003"])
    }

    @Test("Publishing at the same time gives each its own version, and no draft is left")
    func publishingAtOnce() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        let trained = try World.trained.get()
        let made = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            let version = Result {
                let version = try registry.publish(trained.model, metrics: trained.metrics)
                try registry.promote(version)
                return version
            }
            made.withLock { $0.append((try? version.get()) ?? "\(version)") }
        }
        #expect(made.withLock { $0.sorted() } == ["v0001", "v0002", "v0003", "v0004"])
        for version in registry.versions { _ = try registry.read(version: version) }
        #expect(Set(registry.history) == Set(registry.versions))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.contains { $0.hasPrefix(".draft") })
    }

    @Test("A second training of a folder is refused, and told of in one sentence")
    func trainingAtOnce() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.appending(path: "models").path)
        try registry.whileTraining {
            #expect {
                try registry.whileTraining {}
            } throws: {
                ($0 as? PredictionError)?.code == .inUse
            }
            // What a training does with versions is not in its own way.
            try registry.promote(try publish(in: registry))
        }
        #expect(try registry.whileTraining { registry.current } == "v0001")
        #expect {
            try registry.whileTraining { throw PredictionError(.data, "mine") }
        } throws: {
            ($0 as? PredictionError)?.code == .data
        }
    }

    @Test("A promotion is undone as often as there were promotions")
    func rollback() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        #expect(throws: PredictionError.self) { try registry.rollBack() }
        for _ in 0..<4 { try registry.promote(try publish(in: registry)) }
        try registry.promote("v0002")
        try registry.promote("v0002")
        #expect(registry.history == ["v0002", "v0004", "v0003", "v0002", "v0001"])
        #expect(try registry.rollBack() == "v0004")
        // What was removed meanwhile cannot be put into use again.
        try FileManager.default.removeItem(at: folder.url.appending(path: "v0003"))
        #expect(try registry.rollBack() == "v0002")
        #expect(try registry.read().version == "v0002")
        #expect(try registry.rollBack() == "v0001")
        #expect(throws: PredictionError.self) { try registry.rollBack() }
        #expect(registry.current == "v0001")
        #expect(try publish(in: registry) == "v0005")
    }

    @Test("Old versions are removed, but none that is in use or would be after a rollback")
    func prune() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        #expect(try registry.prune(keeping: 1).isEmpty)
        for _ in 0..<6 { _ = try publish(in: registry) }
        for version in ["v0003", "v0001", "v0002"] { try registry.promote(version) }
        #expect(try registry.prune(keeping: 2) == ["v0003", "v0004"])
        #expect(registry.versions == ["v0001", "v0002", "v0005", "v0006"])
        #expect(try registry.rollBack() == "v0001")
        #expect(try registry.prune(keeping: 1) == ["v0002", "v0005"])
        #expect(try registry.read().version == "v0001")
        #expect(try publish(in: registry) == "v0007")
    }

    @Test("A damaged version is not put into use")
    func promotesNoDamage() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        try registry.promote(try publish(in: registry))
        let second = try publish(in: registry)
        try folder.put(Data("{}".utf8), second + "/config.json")
        #expect(throws: PredictionError.self) { try registry.promote(second) }
        #expect(throws: PredictionError.self) { try registry.promote("v0009") }
        #expect(registry.current == "v0001")
    }

    @Test("A file that names one version, with space around it, is read")
    func plainFile() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        _ = try publish(in: registry)
        try folder.put(Data("  v0001\n\n".utf8), "current")
        #expect(try registry.read().version == "v0001")
    }

    @Test("The draft of a crash is removed")
    func draft() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        let draft = folder.url.appending(path: ".draft-v0001")
        try FileManager.default.createDirectory(at: draft, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: draft.appending(path: "junk"))
        try folder.put(Data("half".utf8), ".draft-v0007")
        #expect(try publish(in: registry) == "v0001")
        #expect(!FileManager.default.fileExists(atPath: folder(".draft-v0007")))
        #expect(!FileManager.default.fileExists(atPath: draft.path))
        #expect(!FileManager.default.fileExists(atPath: folder.url.path + "/v0001/junk"))
    }

    @Test("Versions are ordered by number, beyond four digits too")
    func order() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        for name in ["v10000", "v9999", "v0002", "latest", "v12", "v+001", "vv001", "v00x1"] {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: name), withIntermediateDirectories: true)
        }
        #expect(registry.versions == ["v0002", "v9999", "v10000"])
        #expect(try publish(in: registry) == "v10001")
    }

    @Test(
        "No name leads out of the folder",
        arguments: [
            "../secret", "v0001/../../secret", "/v0001", "", "v0001/", "v0009", "v-001", "v+001",
            "V0001", "v0001\n", String(repeating: "v", count: 10_000),
        ])
    func traversal(_ name: String) throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.appending(path: "models").path)
        _ = try publish(in: registry)
        try FileManager.default.copyItem(
            at: registry.folder.appending(path: "v0001"), to: folder.url.appending(path: "secret"))
        #expect {
            try registry.read(version: name)
        } throws: { error in
            let error = error as? PredictionError
            return error?.code == .notFound && (error?.description.count ?? 0) < 400
        }
        if name != "v0001\n" {
            try Data(name.utf8).write(to: registry.folder.appending(path: "current"))
            #expect(throws: PredictionError.self) { try registry.read() }
        }
    }

    @Test("A version that is a link is refused, so that nothing outside of the folder is read")
    func linkedVersion() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.appending(path: "models").path)
        try registry.promote(try publish(in: registry))
        let version = registry.folder.appending(path: "v0001")
        let elsewhere = folder.url.appending(path: "elsewhere")
        try FileManager.default.moveItem(at: version, to: elsewhere)
        try FileManager.default.createSymbolicLink(at: version, withDestinationURL: elsewhere)
        #expect {
            try registry.read()
        } throws: {
            ($0 as? PredictionError)?.code == .model
        }
        #expect(try registry.forget(["somebody"]).unreadable == ["v0001"])
    }

    @Test("Files that others add are read back with the model, and cannot take its names")
    func moreFiles() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        let trained = try World.trained.get()
        let files = ["more.json": Data("[1]".utf8)]
        #expect(
            try registry.publish(trained.model, metrics: trained.metrics, files: files) == "v0001")
        #expect(try registry.read(version: "v0001").files == files)
        for name in ["config.json", "../x", ".x", "a/b", "é"] {
            #expect(throws: PredictionError.self) {
                try registry.publish(
                    trained.model, metrics: trained.metrics, files: [name: Data()])
            }
        }
        try FileManager.default.removeItem(at: folder.url.appending(path: "v0001/more.json"))
        #expect(throws: PredictionError.self) { try registry.read(version: "v0001") }
    }

    @Test("Without a model the error names what helps")
    func nothing() throws {
        let folder = try TemporaryFolder()
        for path in [folder.url.path, folder.url.path + "/nowhere"] {
            #expect {
                try ModelRegistry(folder: path).read()
            } throws: {
                ($0 as? PredictionError)?.remedy == .train
            }
        }
    }

    @Test("A folder that cannot be written to is an error")
    func unwritable() throws {
        let folder = try TemporaryFolder()
        try folder.put(Data(), "file")
        let registry = ModelRegistry(folder: folder.url.path + "/file")
        #expect {
            try publish(in: registry)
        } throws: {
            ($0 as? PredictionError)?.code == .file
        }
    }
}
