import Foundation
import Kernels
import Learning
import Shop
import TestSupport
import Testing

@testable import Prediction

@Suite("Model files")
struct ModelFilesTests {
    private static let names = [
        "model.safetensors", "config.json", "catalogue.json", "response.json", "metrics.json",
        "card.md", "manifest.json",
    ]
    /// The files that a model is read from.
    private static let needed = [
        "model.safetensors", "config.json", "catalogue.json", "response.json", "metrics.json",
        "manifest.json",
    ]
    /// Those of them whose content means something to the model.
    private static let meant = ["model.safetensors", "config.json", "catalogue.json"]

    private func written() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let (model, metrics, _) = try World.trained.get()
        try ModelFiles.write(model, metrics: metrics, to: folder.url)
        return folder
    }

    /// Makes the manifest agree with what a test has changed, so that all other checks are tested.
    private func seal(_ folder: TemporaryFolder) throws {
        try ModelManifest(
            formatVersion: ModelFiles.formatVersion,
            of: Self.names.filter { $0 != ModelManifest.fileName }, in: folder.url
        ).write(to: folder.url)
    }

    /// Reading must fail with the right kind of error, in words that say what to do.
    private func expectRefusal(
        _ folder: TemporaryFolder, saying word: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        do {
            _ = try ModelFiles.read(from: folder.url)
            Issue.record("It was read.", sourceLocation: sourceLocation)
        } catch let error as PredictionError {
            #expect(error.code == .model, sourceLocation: sourceLocation)
            #expect(error.description.contains(folder.url.path), sourceLocation: sourceLocation)
            if !word.isEmpty {
                #expect(error.description.contains(word), sourceLocation: sourceLocation)
            }
        } catch {
            Issue.record("Not a PredictionError: \(error)", sourceLocation: sourceLocation)
        }
    }

    @Test("A model that was written and read back predicts the same to the bit")
    func roundTrip() throws {
        let folder = try written()
        let model = try World.model()
        let read = try ModelFiles.read(from: folder.url).model
        #expect(read.catalogue.itemIDs == model.catalogue.itemIDs)
        #expect(read.embeddings == model.embeddings)
        #expect(read.mixture.weights == model.mixture.weights)
        #expect(read.configuration.seed == model.configuration.seed)
        for query in try World.queries() {
            let a = model.prediction(for: query)
            let b = read.prediction(for: query)
            #expect(a.probabilities == b.probabilities)
            #expect(a.weights == b.weights)
            let (c, d) = (
                model.nextQuery(after: query.history), read.nextQuery(after: query.history)
            )
            #expect((c.time, c.type) == (d.time, d.type))
        }
    }

    @Test("Writing what was read gives the same bytes")
    func rewriting() throws {
        let folder = try written()
        let again = try TemporaryFolder()
        try ModelFiles.write(
            try ModelFiles.read(from: folder.url).model,
            metrics: try ModelFiles.metrics(in: folder.url), to: again.url)
        for name in Self.names { #expect(try folder.bytes(name) == again.bytes(name), "\(name)") }
    }

    @Test("The same seed gives the same bytes at 1 and 2 threads; another seed does not")
    func determinism() throws {
        let data = try World.data.get()
        let first = try written()
        func folder(seed: UInt64, threads: Int) throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            let configuration = World.configuration(seed: seed, threads: threads)
            let trained = try Trainer(configuration).train(data) { _ in }
            try ModelFiles.write(trained.model, metrics: trained.metrics, to: folder.url)
            return folder
        }
        let single = try folder(seed: 7, threads: 1)
        let double = try folder(seed: 7, threads: 2)
        let other = try folder(seed: 8, threads: 2)
        for name in Self.names {
            #expect(try single.bytes(name) == first.bytes(name), "\(name)")
            #expect(try double.bytes(name) == first.bytes(name), "\(name)")
        }
        #expect(try other.bytes(Self.names[0]) != first.bytes(Self.names[0]))
    }

    @Test("A missing, empty, or wrong file is named", arguments: needed)
    func damaged(_ name: String) throws {
        for content in [nil, "", "{}", "[]", "null", "\u{0}\u{1}", "[1, 2"] {
            let folder = try written()
            try FileManager.default.removeItem(at: folder.url.appending(path: name))
            if let content { try folder.put(Data(content.utf8), name) }
            expectRefusal(folder, saying: content == "[]" ? "" : name)
        }
    }

    @Test("A file that was cut off anywhere is refused", arguments: meant)
    func truncated(_ name: String) throws {
        let folder = try written()
        let bytes = try folder.bytes(name)
        // The last byte of a JSON file is only its line feed.
        for part in 0..<23 {
            try folder.put(bytes.prefix((bytes.count - 2) * part / 22), name)
            expectRefusal(folder, saying: name)
            try seal(folder)
            expectRefusal(folder)
        }
    }

    @Test(
        "Damaged bytes that agree with the manifest are refused, or read as a model that answers",
        arguments: meant)
    func flipped(_ name: String) throws {
        let folder = try written()
        let bytes = try folder.bytes(name)
        let seed: UInt64 = 21
        var generator = PhiloxGenerator(seed: seed)
        for _ in 0..<60 {
            var damaged = bytes
            for _ in 0..<3 {
                // Half of the damage is at the beginning, where headers are.
                let reach = generator.uniform() < 0.5 ? min(2000, bytes.count) : bytes.count
                let offset = generator.integer(below: reach)
                damaged[offset] ^= UInt8(1 << generator.integer(below: 8))
            }
            try folder.put(damaged, name)
            if damaged != bytes { expectRefusal(folder) }
            try seal(folder)
            do {
                let model = try ModelFiles.read(from: folder.url).model
                for past in [History(), history([[0], [1, 2], [0]])] {
                    let probabilities = model.prediction(for: query(past)).probabilities
                    #expect(probabilities.count == model.catalogue.count)
                }
            } catch let error as PredictionError {
                #expect(error.code == .model, "\(error), seed \(seed)")
            }
        }
    }

    @Test("A catalogue of another size does not fit")
    func otherCatalogue() throws {
        let itemIDs = try World.model().catalogue.itemIDs
        for other in [itemIDs.dropLast(), itemIDs + ["more"], []] {
            let folder = try written()
            try folder.put(try ModelFiles.json(Array(other)), "catalogue.json")
            try seal(folder)
            expectRefusal(folder, saying: "catalogue")
        }
    }

    @Test("Another format is refused as such, whatever else it holds")
    func otherFormat() throws {
        let folder = try written()
        let text = String(decoding: try folder.bytes("config.json"), as: UTF8.self)
        let version = ModelFiles.formatVersion
        let newer = text.replacing(
            "\"formatVersion\" : \(ModelFiles.originalFormat)",
            with: "\"formatVersion\" : \(version + 1)")
        #expect(newer != text)
        for content in [newer, #"{"formatVersion": 7000, "layout": "of the future"}"#] {
            try folder.put(Data(content.utf8), "config.json")
            expectRefusal(folder, saying: "newer")
        }
        // Formats before 7 have no manifest.
        try FileManager.default.removeItem(at: folder.url.appending(path: "manifest.json"))
        try folder.put(Data(#"{"formatVersion": 6}"#.utf8), "config.json")
        expectRefusal(folder, saying: "has format 6")
        expectRefusal(folder, saying: "Train again.")
    }

    @Test("A model from before, which lists no event types, predicts as it did")
    func modelWithoutEventTypes() throws {
        let folder = try written()
        let text = String(decoding: try folder.bytes("config.json"), as: UTF8.self)
        #expect(text.contains("\"formatVersion\" : 7"))
        let names = EventVocabulary.original.names.map { "    \"\($0)\"" }
            .joined(separator: ",\n")
        let before = text.replacing("  \"eventTypes\" : [\n\(names)\n  ],\n", with: "")
        #expect(before != text)
        try folder.put(Data(before.utf8), "config.json")
        try seal(folder)
        let model = try World.model()
        let read = try ModelFiles.read(from: folder.url).model
        #expect(read.eventTypes == .original)
        for query in try World.queries() {
            let (now, then) = (model.prediction(for: query), read.prediction(for: query))
            #expect(now.probabilities == then.probabilities)
        }
    }

    @Test("A model with more event types has a newer format, and keeps them")
    func modelWithMoreEventTypes() throws {
        let types = EventVocabulary(EventVocabulary.original.types + [.pageView])
        var events = try World.events.get()
        for index in stride(from: 0, to: events.count, by: 9) where events[index].itemID != nil {
            events[index].type = .pageView
        }
        let data = TrainingData(events, by: \.userID, eventTypes: types)
        let trained = try Trainer(World.configuration(epochs: 1)).train(data) { _ in }
        #expect(trained.model.eventTypes == types)
        #expect(trained.model.sequence.model.configuration.typeCount == 11)
        let folder = try TemporaryFolder()
        try ModelFiles.write(trained.model, metrics: trained.metrics, to: folder.url)
        let text = String(decoding: try folder.bytes("config.json"), as: UTF8.self)
        #expect(text.contains("\"formatVersion\" : 8"))
        let read = try ModelFiles.read(from: folder.url).model
        #expect(read.eventTypes == types)
        let past = History(data.sequences, sequence: 3)
        let asked = PredictionQuery(
            history: past, time: (past.lastTime ?? 0) + day, type: .pageView, sameBasket: false)
        #expect(
            read.prediction(for: asked).probabilities
                == trained.model.prediction(for: asked).probabilities)
        #expect(read.nextQuery(after: past, types: [.pageView]).type == .pageView)
        // Another number of types does not fit the numbers.
        let fewer = text.replacing(",\n    \"page_view\"", with: "")
        #expect(fewer != text)
        try folder.put(Data(fewer.utf8), "config.json")
        try seal(folder)
        expectRefusal(folder, saying: "do not fit together")
        // A type of a newer program.
        try folder.put(Data(text.replacing("page_view", with: "teleport").utf8), "config.json")
        try seal(folder)
        expectRefusal(folder, saying: "Use a newer foretwin")
    }

    @Test("A file of another content, although it is as good as any, is refused")
    func otherFile() throws {
        let itemIDs = try World.model().catalogue.itemIDs
        let folder = try written()
        let catalogue = try folder.bytes("catalogue.json")
        // One that fits but is in another order would give each item the numbers of another one.
        try folder.put(try ModelFiles.json(Array(itemIDs.reversed())), "catalogue.json")
        expectRefusal(folder, saying: "catalogue.json")
        try folder.put(
            try ModelFiles.json([String](repeating: itemIDs[0], count: itemIDs.count)),
            "catalogue.json")
        expectRefusal(folder, saying: "catalogue.json")
        try folder.put(catalogue + Data(" ".utf8), "catalogue.json")
        expectRefusal(folder, saying: "catalogue.json")
        try folder.put(catalogue, "catalogue.json")
        _ = try ModelFiles.read(from: folder.url)
        // The card is for people alone, who may write on it.
        try folder.put(Data("mine".utf8), "card.md")
        _ = try ModelFiles.read(from: folder.url)
    }

    @Test("Sizes that no number can hold are refused before anything is computed of them")
    func greatSizes() throws {
        let folder = try written()
        let text = String(decoding: try folder.bytes("config.json"), as: UTF8.self)
        for name in ["width", "layers", "itemCount", "typeCount", "dimensions"] {
            for value in [Int.max, Int.max / 4, -1, 0] {
                let changed = text.replacing(
                    try Regex("\"\(name)\" : [0-9]+"), with: "\"\(name)\" : \(value)")
                #expect(changed != text)
                try folder.put(Data(changed.utf8), "config.json")
                try seal(folder)
                expectRefusal(folder)
            }
        }
        // Gates are compared with the width.
        let mixture = Mixture(
            names: ExpertID.allCases,
            weights: [[Double]](
                repeating: [Double](repeating: 0.1, count: 6), count: Mixture.bucketCount),
            gates: [[Float]](repeating: [1, 2, 3], count: 6))
        #expect(mixture.isWellFormed(width: 2) && !mixture.isWellFormed(width: .max))
    }

    @Test("Long files and links are refused at once")
    func longFilesAndLinks() throws {
        for name in ["config.json", "catalogue.json", "response.json", "metrics.json"] {
            let folder = try written()
            let path = folder.url.appending(path: name).path
            // A hole takes no room on the disk.
            try #require(truncate(path, 70 << 20) == 0)
            expectRefusal(folder, saying: "more than the allowed")
        }
        for name in Self.needed {
            let folder = try written()
            let path = folder.url.appending(path: name).path
            try FileManager.default.moveItem(atPath: path, toPath: path + ".other")
            try FileManager.default.createSymbolicLink(
                atPath: path, withDestinationPath: path + ".other")
            expectRefusal(folder, saying: "symbolic link")
        }
    }

    @Test("Tensors of other shapes or numbers are refused")
    func otherTensors() throws {
        let folder = try written()
        let path = folder.url.appending(path: "model.safetensors").path
        let file = try SafeTensors.read(from: path)
        let changes: [(String, (Tensor) -> Tensor?)] = [
            ("popularity", { _ in nil }),
            ("popularity", { _ in Tensor(shape: [1], .f32([1])) }),
            ("popularity", { Tensor(shape: $0.shape, .f32($0.floats?.map { _ in .nan } ?? [])) }),
            ("history", { _ in Tensor(shape: [2], .f32([1, 2])) }),
            ("habits", { _ in Tensor(shape: [3], .f32([1, 2, 3])) }),
            ("habits", { _ in Tensor(shape: [0], .f32([])) }),
            ("embeddings", { _ in Tensor(shape: [7], .f32([1, 2, 3, 4, 5, 6, 7])) }),
            ("embeddings", { _ in Tensor(shape: [0], .f32([])) }),
            ("neighbours.items", { Tensor(shape: $0.shape, .i32(spoiled($0, -1))) }),
            ("neighbours.items", { Tensor(shape: $0.shape, .i32(spoiled($0, 60))) }),
            ("neighbours.offsets", { Tensor(shape: $0.shape, .i32(spoiled($0, 99_999))) }),
            ("neighbours.offsets", { _ in Tensor(shape: [0], .i32([])) }),
            ("neighbours.baskets", { Tensor(shape: $0.shape, .i32(spoiled($0, -1))) }),
            ("neighbours.baskets", { _ in Tensor(shape: [1], .i32([0])) }),
            ("neighbours.end_days", { _ in Tensor(shape: [1], .i64([0])) }),
            (
                "neighbours.keys",
                { _ in Tensor(shape: [1, 16], .u8([UInt8](repeating: 0, count: 16))) }
            ),
            ("neighbours.keys", { _ in Tensor(shape: [0], .u8([])) }),
            ("mixture.gates", { _ in Tensor(shape: [1 << 40, 0], .f32([])) }),
            ("mixture.gates", { _ in Tensor(shape: [0, 1 << 40], .f32([])) }),
            (
                "mixture.gates",
                { _ in Tensor(shape: [1, 17], .f32([Float](repeating: 0, count: 17))) }
            ),
            (
                "neighbours.end_days",
                { Tensor(shape: $0.shape, .i64([Int64](repeating: .max, count: $0.shape[0]))) }
            ),
            (
                "transitions.following.items",
                { Tensor(shape: $0.shape, .i32(spoiled($0, 1 << 30))) }
            ),
            ("transitions.following.offsets", { _ in Tensor(shape: [1], .i32([0])) }),
            ("transitions.together.weights", { _ in Tensor(shape: [1], .f32([0])) }),
            ("transitions.together.items", { _ in Tensor(shape: [1], .f32([0])) }),
        ]
        for (name, change) in changes {
            let tensor = try #require(file.tensors[name])
            var tensors = file.tensors
            tensors[name] = change(tensor)
            try SafeTensors.write(tensors, metadata: [:], to: path)
            try seal(folder)
            expectRefusal(folder, saying: "model.safetensors")
        }
        try SafeTensors.write(
            file.tensors.merging(["more": Tensor(shape: [0], .f32([]))]) { $1 }, metadata: [:],
            to: path)
        try seal(folder)
        expectRefusal(folder, saying: "more")
        try SafeTensors.write(file.tensors, metadata: [:], to: path)
        try seal(folder)
        _ = try ModelFiles.read(from: folder.url)
    }

    @Test("Corrections are written and read back; others than the features need are refused")
    func reranker() throws {
        let folder = try written()
        let path = folder.url.appending(path: "model.safetensors").path
        let file = try SafeTensors.read(from: path)
        let width = RerankerList.featureCount
        func write(_ layers: [(weights: [Int], bias: Int)]) throws {
            var tensors = file.tensors.filter { !$0.key.hasPrefix("reranker.") }
            for (index, layer) in layers.enumerated() {
                let count = layer.weights.reduce(1, *)
                tensors["reranker.\(index).weights"] = Tensor(
                    shape: layer.weights, .f32((0..<count).map { Float($0 % 5) / 50 }))
                tensors["reranker.\(index).bias"] = Tensor(
                    shape: [layer.bias], .f32([Float](repeating: 0.25, count: layer.bias)))
            }
            try SafeTensors.write(tensors, metadata: [:], to: path)
            try seal(folder)
        }
        try write([([width, 3], 3), ([3, 1], 1)])
        let model = try ModelFiles.read(from: folder.url).model
        #expect(model.reranker.layers.map(\.bias.count) == [3, 1])
        let again = try TemporaryFolder()
        try ModelFiles.write(model, metrics: try World.trained.get().metrics, to: again.url)
        #expect(try ModelFiles.read(from: again.url).model.reranker == model.reranker)
        try write([])
        #expect(try ModelFiles.read(from: folder.url).model.reranker == .none)
        let wrong: [[(weights: [Int], bias: Int)]] = [
            [([width + 1, 1], 1)], [([width, 2], 2)], [([width, 1], 2)],
            [([width, 3], 3), ([4, 1], 1)], [([width], 1)], [([width, 0], 0)],
        ]
        for layers in wrong {
            try write(layers)
            expectRefusal(folder, saying: "reranker")
        }
    }

    @Test("Mixture weights of other experts are refused")
    func otherWeights() throws {
        let folder = try written()
        let text = String(decoding: try folder.bytes("config.json"), as: UTF8.self)
        for (old, new) in [("\"popularity\"", "\"history\""), ("\"popularity\"", "\"weather\"")] {
            try folder.put(Data(text.replacing(old, with: new).utf8), "config.json")
            try seal(folder)
            expectRefusal(folder)
        }
    }

    @Test("The card says what the model learned from")
    func card() throws {
        let folder = try written()
        let card = String(decoding: try folder.bytes("card.md"), as: UTF8.self)
        let metrics = try ModelFiles.metrics(in: folder.url)
        #expect(card.contains("\(metrics.eventCount) events"))
        #expect(card.contains("| mixture |"))
        for name in ExpertID.allCases { #expect(card.contains("| \(name.rawValue) |")) }
        #expect(throws: PredictionError.self) {
            try ModelFiles.metrics(in: folder.url.appending(path: "nowhere"))
        }
    }
}

private func spoiled(_ tensor: Tensor, _ value: Int32) -> [Int32] {
    guard case .i32(var values) = tensor.storage, !values.isEmpty else { return [] }
    values[values.count / 2] = value
    return values
}
