import Foundation
import LMDB

@testable import GraphInterchange
@testable import Learning
@testable import PropertyGraph
@testable import Time

/// Files of other programs: property graphs in all formats, and tensors.
extension FuzzTarget {
    static let fileTargets =
        Interchange.Format.allCases.map { format in
            FuzzTarget(name: "graph-\(format.rawValue)", seeds: graphFiles[format] ?? []) { bytes in
                // CSV is a pair of files: the input is one of them, and the other is empty.
                let name = format == .csv ? "graph.nodes.csv" : "graph.\(format.rawValue)"
                try withFile(bytes, named: name) { path in
                    if format == .csv {
                        let edges = path.replacingOccurrences(of: ".nodes.", with: ".edges.")
                        try Data(edgesHeader.utf8).write(to: URL(filePath: edges))
                    }
                    _ = try reading({ $0 is InterchangeError }) {
                        try Interchange.File(path: path, format: format)
                    }
                }
            }
        } + [
            FuzzTarget(name: "safetensors-header", seeds: [Array(tensorHeader.utf8)]) { bytes in
                _ = try reading({ $0 is LearningError }) { try SafeTensorsHeader(bytes) }
            },
            FuzzTarget(name: "safetensors", seeds: tensorFiles) { bytes in
                try withFile(bytes, named: "model.safetensors") { path in
                    _ = try reading({ $0 is LearningError }) { try SafeTensors.read(from: path) }
                }
            },
        ]

    private static let tensorHeader =
        #"{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#

    private static let tensorFiles: [[UInt8]] = [
        [UInt8(tensorHeader.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(tensorHeader.utf8)
            + [UInt8](repeating: 0, count: 8)
    ]

    private static let edgesHeader = "graph,source,type,target,weight,count,first,last\n"

    /// A small graph in each format, as it is exported.
    private static let graphFiles: [Interchange.Format: [[UInt8]]] = {
        (try? exportedGraphs()) ?? [:]
    }()

    private static func exportedGraphs() throws -> [Interchange.Format: [[UInt8]]] {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-fuzz-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let person = Label(rawValue: "Person")
        let likes = EdgeType(rawValue: "LIKES")
        let store = try GraphStore(path: folder + "/store", labels: [person], edgeTypes: [likes])
        defer { store.environment.close() }
        try store.write { transaction in
            let ann = try store.addNode(person, "ann \"quoted\", <x> é", in: transaction)
            let bob = try store.addNode(person, "bob:1", in: transaction)
            let time = Timestamp(rawValue: 1_772_359_200_123)
            let properties: [String: Property] = [
                "text": .string("a\nb"), "whole": .int(-3), "part": .double(0.1),
                "yes": .bool(true), "when": .timestamp(time), "vector": .vector([1, -0.5]),
            ]
            try store.put(
                Node(id: ann, properties: properties), graph: .shared, in: transaction)
            try store.put(
                Edge(
                    source: ann, type: likes, target: bob, weight: 1.5, count: 2, first: time,
                    last: time, properties: properties), graph: .shared, in: transaction)
        }
        var files: [Interchange.Format: [[UInt8]]] = [:]
        for format in Interchange.Format.allCases {
            let path = "\(folder)/graph.\(format.rawValue)"
            try Interchange.export(store, to: path, as: format)
            let file = format == .csv ? "\(folder)/graph.nodes.csv" : path
            files[format] = [Array(try Data(contentsOf: URL(filePath: file)))]
        }
        return files
    }
}
