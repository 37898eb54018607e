import Foundation
import Kernels
import Testing

@testable import Learning

@Suite("Training checkpoints")
struct TrainingCheckpointTests {
    private let training = ringSequences(items: 30, sequences: 60, length: 17, seed: 1)
    private let held = ringSequences(items: 30, sequences: 10, length: 17, seed: 2)

    /// All uses of random numbers: dropout, sampled candidates, two layers, cosines.
    private func choices(epochs: Int, threads: Int = 2) -> SequenceTrainer.Configuration {
        var configuration = smallConfiguration(epochs: epochs)
        configuration.width = 12
        configuration.layers = 2
        configuration.negatives = 16
        configuration.dropout = 0.2
        configuration.cosineScale = 16
        configuration.threads = threads
        return configuration
    }

    private func train(
        _ configuration: SequenceTrainer.Configuration, resuming: TrainingCheckpoint? = nil,
        training: EventSequences? = nil, validation: EventSequences? = nil
    ) throws -> (model: SequenceModel, curve: [EpochLoss], checkpoints: [TrainingCheckpoint]) {
        var checkpoints: [TrainingCheckpoint] = []
        let (model, curve) = try SequenceTrainer(configuration).train(
            training ?? self.training, validation: validation ?? held, itemCount: 30,
            typeCount: 2, embeddings: nil, resuming: resuming,
            checkpoint: { checkpoints.append($0) }, progress: { _ in })
        return (model, curve, checkpoints)
    }

    @Test(
        "A run resumed from a file gives the same bits as a run without interruption",
        arguments: [1, 2])
    func resumes(_ threads: Int) throws {
        let whole = try train(choices(epochs: 5))
        #expect(whole.checkpoints.map(\.epochs) == Array(1...whole.curve.count))
        for stop in [1, 3] {
            let part = try train(choices(epochs: stop))
            let resumed = try withFolder { folder in
                let path = folder + "/run.safetensors"
                try #require(part.checkpoints.last).write(to: path)
                let read = try TrainingCheckpoint(path: path)
                #expect(read.epochs == stop)
                // The number of epochs is a choice that may be changed.
                return try train(choices(epochs: 5, threads: threads), resuming: read)
            }
            #expect(resumed.curve == whole.curve)
            #expect(resumed.model.tensors() == whole.model.tensors())
            #expect(resumed.checkpoints.last == whole.checkpoints.last)
        }
    }

    @Test("Learning rate and patience continue from the checkpoint")
    func stopped() throws {
        var configuration = choices(epochs: 40)
        configuration.learningRate = 0.3  // so high that the loss does not only fall
        configuration.patience = 2
        let whole = try train(configuration)
        #expect(whole.curve.count < 40, "the run was to stop early")
        for checkpoint in whole.checkpoints {
            let resumed = try train(configuration, resuming: checkpoint)
            #expect(resumed.curve == whole.curve)
            #expect(resumed.model.tensors() == whole.model.tensors())
        }
    }

    @Test("Without validation sequences the last weights are the best")
    func withoutValidation() throws {
        let none = EventSequences()
        let whole = try train(choices(epochs: 3), validation: none)
        #expect(whole.curve.allSatisfy { $0.validation == nil })
        try withFolder { folder in
            let path = folder + "/run.safetensors"
            try whole.checkpoints[0].write(to: path)
            let resumed = try train(
                choices(epochs: 3), resuming: try TrainingCheckpoint(path: path),
                validation: none)
            #expect(resumed.curve == whole.curve)
            #expect(resumed.model.tensors() == whole.model.tensors())
        }
    }

    @Test("The same checkpoint makes the same bytes")
    func bytes() throws {
        let checkpoint = try #require(try train(choices(epochs: 1)).checkpoints.first)
        try withFolder { folder in
            for name in ["a", "b"] { try checkpoint.write(to: folder + "/" + name) }
            let files = try ["a", "b"].map {
                try Data(contentsOf: URL(filePath: folder + "/" + $0))
            }
            #expect(files[0] == files[1] && files[0].count > 10_000)
            #expect(try TrainingCheckpoint(path: folder + "/a") == checkpoint)
        }
    }

    @Test("Other settings and other data are errors")
    func refused() throws {
        let checkpoint = try #require(try train(choices(epochs: 1)).checkpoints.first)
        let changes: [@Sendable (inout SequenceTrainer.Configuration) -> Void] = [
            { $0.seed += 1 }, { $0.width = 13 }, { $0.layers = 1 }, { $0.batch = 31 },
            { $0.steps = 9 }, { $0.negatives = 15 }, { $0.learningRate *= 2 },
            { $0.dropout = 0 }, { $0.clip = 2 }, { $0.cosineScale = nil },
        ]
        for (index, change) in changes.enumerated() {
            var configuration = choices(epochs: 2)
            change(&configuration)
            let error = #expect(throws: LearningError.self, "change \(index)") {
                try train(configuration, resuming: checkpoint)
            }
            #expect(error?.code == .invalidConfiguration, "change \(index)")
        }
        var later = training
        later.times[3] += 1
        for (first, second) in [(held, held), (training, training), (later, held)] {
            let error = #expect(throws: LearningError.self) {
                try train(
                    choices(epochs: 2), resuming: checkpoint, training: first,
                    validation: second)
            }
            #expect(error?.code == .invalidData)
        }
    }

    @Test("An error of the caller ends the run")
    func throwing() {
        let error = #expect(throws: LearningError.self) {
            _ = try SequenceTrainer(choices(epochs: 3)).train(
                training, validation: held, itemCount: 30, typeCount: 2, embeddings: nil,
                checkpoint: { (point) throws(LearningError) in
                    throw LearningError(.fileAccess, "full after \(point.epochs)")
                }, progress: { _ in })
        }
        #expect(error?.message == "full after 1")
    }

    @Test("Damaged files and other files are errors, never traps")
    func damaged() throws {
        let checkpoint = try #require(try train(choices(epochs: 2)).checkpoints.last)
        try withFolder { folder in
            let path = folder + "/run.safetensors"
            try checkpoint.write(to: path)
            let (tensors, metadata) = try SafeTensors.read(from: path)
            func check(
                _ code: LearningError.Code, _ tensors: [String: Tensor],
                _ metadata: [String: String], _ label: String
            ) throws {
                try SafeTensors.write(tensors, metadata: metadata, to: path)
                let error = #expect(throws: LearningError.self, "\(label)") {
                    try TrainingCheckpoint(path: path)
                }
                #expect(error?.code == code, "\(label)")
            }
            for name in tensors.keys {
                var less = tensors
                less[name] = nil
                try check(
                    name == "curve" ? .malformedFile : .wrongTensors, less, metadata, name)
            }
            var more = tensors
            more["other"] = Tensor(shape: [1], [1])
            try check(.malformedFile, more, metadata, "more")
            more = tensors
            more["first.other"] = Tensor(shape: [1], [1])
            try check(.wrongTensors, more, metadata, "more of a part")
            try check(.malformedFile, tensors, [:], "no progress")
            let text = try #require(metadata["progress"])
            for (old, new, code) in [
                ("\"epochs\":2", "\"epochs\":3", LearningError.Code.malformedFile),
                ("\"width\":12", "\"width\":0", .invalidConfiguration),
                ("\"itemCount\":30", "\"itemCount\":31", .wrongTensors),
                ("{", "", .malformedFile),
            ] {
                let changed = text.replacingOccurrences(of: old, with: new)
                #expect(changed != text)
                try check(code, tensors, ["progress": changed], new)
            }
            try checkpoint.write(to: path)
            let whole = try Data(contentsOf: URL(filePath: path))
            for length in [0, 7, 100, whole.count / 2, whole.count - 1] {
                try whole.prefix(length).write(to: URL(filePath: path))
                #expect(throws: LearningError.self) { try TrainingCheckpoint(path: path) }
            }
            #expect(throws: LearningError.self) {
                try TrainingCheckpoint(path: folder + "/none")
            }
        }
    }
}
