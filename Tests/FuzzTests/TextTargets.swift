import Foundation
import Prediction

@testable import Shop
@testable import Time

/// Short texts, and the settings of a training.
extension FuzzTarget {
    static let textTargets = [
        FuzzTarget(
            name: "timestamp",
            seeds: [
                "2026-03-01T10:15:30.250+01:00", "2026-03-01", "20260301", "1772360130",
                "1772360130250", "-2208988800",
            ].map { Array($0.utf8) }
        ) { bytes in
            guard let moment = Timestamp(text: String(decoding: bytes, as: UTF8.self)) else {
                return
            }
            try promise(
                Timestamp(text: moment.iso8601) == moment
                    || !(0...253_402_300_799_999).contains(moment.rawValue),
                "\(moment.iso8601) is read as another moment")
        },
        FuzzTarget(name: "event-type", seeds: [Array("Product Added".utf8)]) { bytes in
            _ = EventType(name: String(decoding: bytes, as: UTF8.self))
        },
        FuzzTarget(name: "training-settings", seeds: trainingSettings) { bytes in
            let settings = try reading({ $0 is DecodingError }) {
                try JSONDecoder().decode(TrainingConfiguration.self, from: Data(bytes))
            }
            guard let settings else { return }
            // Settings that can be read are valid, or they are refused before the training begins.
            _ = try reading({ $0 is PredictionError }) { try Trainer(settings) }
        },
    ]

    private static let trainingSettings: [[UInt8]] = {
        let settings = TrainingConfiguration(seed: 1, width: 8, epochs: 1, threads: 1)
        return [(try? JSONEncoder().encode(settings)).map(Array.init) ?? []]
    }()
}
