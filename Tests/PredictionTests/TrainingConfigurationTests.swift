import Foundation
import Learning
import Testing

@testable import Prediction

@Suite("Training configuration")
struct TrainingConfigurationTests {
    private func replacing(_ text: String) throws -> TrainingConfiguration {
        try TrainingConfiguration(seed: 3).replacing(with: Data(text.utf8))
    }

    @Test("A file changes what it names and nothing else")
    func replaces() throws {
        let changed = try replacing(
            #"{"heldOutShare": 0.2, "sequence": {"width": 128, "cosineScale": 12}}"#)
        #expect(changed.heldOutShare == 0.2)
        #expect(changed.sequence.width == 128 && changed.sequence.cosineScale == 12)
        let own = TrainingConfiguration(seed: 3)
        #expect(changed.seed == 3 && changed.minimumItemCount == own.minimumItemCount)
        #expect(changed.sequence.epochs == own.sequence.epochs)
        #expect(changed.embeddings.dimensions == own.embeddings.dimensions)
        #expect(try replacing("{}").sequence == own.sequence)
    }

    @Test("What may be left out can be taken out")
    func takesOut() throws {
        #expect(TrainingConfiguration().sequence.cosineScale != nil)
        #expect(try replacing(#"{"sequence": {"cosineScale": null}}"#).sequence.cosineScale == nil)
    }

    @Test("The settings of a model are settings for the next one")
    func roundTrip() throws {
        var other = TrainingConfiguration(seed: 99, width: 32, epochs: 3, threads: 5)
        other.sequence.dropout = 0.25
        let text = String(decoding: try JSONEncoder().encode(other), as: UTF8.self)
        let read = try replacing(text)
        #expect(read.sequence == other.sequence && read.seed == 99)
        #expect(read.embeddings.dimensions == 32 && read.embeddings.threads == 5)
    }

    @Test(
        "A file that says something else is refused by name",
        arguments: [
            ("", "JSON"), ("[1]", "JSON"), (#"{"sequence": 3}"#, "'sequence'"),
            (#"{"widht": 3}"#, "'widht'"), (#"{"sequence": {"widht": 3}}"#, "'sequence.widht'"),
            (#"{"sequence": {"width": "wide"}}"#, "sequence.width"),
            (#"{"seed": -1}"#, "seed"), (#"{"sequence": {"epochs": 1.5}}"#, "sequence.epochs"),
            (#"{"heldOutShare": null}"#, "heldOutShare"),
        ])
    func refuses(_ text: String, _ word: String) {
        do {
            _ = try replacing(text)
            Issue.record("It was taken: \(text)")
        } catch let error as PredictionError {
            #expect(error.code == .setting)
            #expect(error.description.contains(word), "\(error)")
        } catch {
            Issue.record("Not a PredictionError: \(error)")
        }
    }
}
