import Crypto
import Foundation
package import Shop
import TextFiles

/// Replaces customers' ids by pseudonyms: HMAC-SHA-256 under a key that is kept outside the store.
///
/// Without the key nobody can tell from a store whose twins it holds, nor test a guess.
package struct Pseudonymizer: Sendable {
    /// The number of bytes in a key.
    package static let keyByteCount = 32

    /// Called for each HMAC of a customer's id, in the task that set it; for tests that count them.
    @TaskLocal package static var onPseudonym: (@Sendable () -> Void)?

    private let key: SymmetricKey

    /// Makes a pseudonymizer from a key of 32 bytes.
    package init(key: [UInt8]) throws(TwinsError) {
        guard key.count == Self.keyByteCount else {
            throw TwinsError(
                .key, "A pseudonym key has \(Self.keyByteCount) bytes, this one \(key.count).")
        }
        self.key = SymmetricKey(data: key)
    }

    /// Reads the key from the environment variable `FORETWIN_KEY` or from a file of 64 hexadecimal
    /// digits; makes the file, for its owner alone, if it is missing and may be made.
    ///
    /// A file that is there is never replaced: of several processes that make it at the same time
    /// one succeeds, and all read the same key.
    ///
    /// - Parameters:
    ///   - path: The key file; it belongs outside the store's folder.
    ///   - environment: The process's environment.
    ///   - create: Whether a missing file may be made (true for a new store).
    /// - Throws: ``TwinsError`` with code `key`.
    package init(
        keyFile path: String, environment: [String: String], create: Bool
    ) throws(TwinsError) {
        if let text = environment["FORETWIN_KEY"] {
            try self.init(key: try Self.parse(text, source: "FORETWIN_KEY"))
            return
        }
        if !FileManager.default.fileExists(atPath: path) {
            guard create else {
                throw TwinsError(
                    .key,
                    "The pseudonym key \(path) is missing, and without it this store cannot tell "
                        + "its customers. Put the file back, or set FORETWIN_KEY.")
            }
            try Self.makeKeyFile(path)
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 == 0 else {
            throw TwinsError(.key, "The key \(path) is open to others. Run: chmod 600 \(path)")
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw TwinsError(.key, "The key \(path) cannot be read. Check its permissions.")
        }
        try self.init(key: try Self.parse(text, source: path))
    }

    /// The pseudonym of a customer: 32 hexadecimal digits, the first half of the HMAC.
    package func pseudonym(of userID: String) -> String {
        Self.onPseudonym?()
        return Self.hex(code("customer/" + userID).prefix(16))
    }

    /// Tells whether two keys are the same without saying what they are.
    package var fingerprint: String { Self.hex(code("fingerprint/").prefix(8)) }

    private func code(_ text: String) -> HashedAuthenticationCode<SHA256> {
        HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func parse(_ text: String, source: String) throws(TwinsError) -> [UInt8] {
        let digits = text.trimmingCharacters(in: .whitespacesAndNewlines)
            .utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        let values = digits.compactMap { $0 }
        guard values.count == digits.count, values.count == 2 * keyByteCount else {
            throw TwinsError(
                .key, "\(source) must hold \(2 * keyByteCount) hexadecimal digits and no more.")
        }
        return stride(from: 0, to: values.count, by: 2).map {
            UInt8(values[$0] * 16 + values[$0 + 1])
        }
    }

    private static func makeKeyFile(_ path: String) throws(TwinsError) {
        // The code of a fresh random key is as random as that key, and can be read as plain bytes.
        let bytes = Array(
            HMAC<SHA256>.authenticationCode(
                for: Array("new key/".utf8), using: SymmetricKey(size: .bits256)))
        do throws(FileError) {
            try Folders.make(Folders.parent(of: path))
            try AtomicFile.write((hex(bytes) + "\n").utf8, to: path, .new)
        } catch {
            // Another process was faster: its key is the store's.
            if error.code == .exists, FileManager.default.fileExists(atPath: path) { return }
            throw TwinsError(.key, "The pseudonym key \(error)")
        }
    }
}
