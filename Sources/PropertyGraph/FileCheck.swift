import Foundation

/// Questions about files that need no reading.
enum FileCheck {
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
