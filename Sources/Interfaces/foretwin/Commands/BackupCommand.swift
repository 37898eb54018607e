import ArgumentParser
import Foundation
import StoreAdmin
import TwinStorage

/// `foretwin backup`.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the store to a file; a server may use the store meanwhile.",
        discussion: """
            The copy is one consistent state, compact, readable by its owner alone, and verified. \
            A file that exists is never overwritten. In a folder that exists, the backup gets the \
            store's name and the time.

            Without the pseudonym key (the store's name with .key, beside the store) a store \
            cannot find its customers. Keep that file too, but not with the backups: with both, \
            anyone can test who is in them. --with-key copies it nevertheless. A plain store of \
            graphs has no key.

            Deleted data is in no backup made after its deletion, and stays in those made before.
            """)

    @Argument(help: ArgumentHelp("The file to make, or a folder.", valueName: "file-or-folder"))
    var target: String

    @Flag(inversion: .prefixedNo, help: "Verify the copy afterwards.")
    var verify = true

    @Flag(inversion: .prefixedNo, help: "Leave free pages out.")
    var compact = true

    @Flag(name: .customLong("with-key"), help: "Copy the pseudonym key too, to FILE.key.")
    var withKey = false

    @OptionGroup var storeOptions: StoreOptions

    func run() throws {
        let store = storeOptions.store
        let file = file(for: store)
        // A copy of a store that is damaged or of an older format can still be useful.
        let isPlain = (try? StoreKind.isPlain(store)) ?? false
        guard !isPlain || !withKey else {
            throw ValidationError(
                "\(store) is a plain store of graphs: it has no pseudonym key. Leave out "
                    + "--with-key.")
        }
        if withKey {
            // Before the backup: a missing key is found out at once, and leaves nothing behind.
            let key = storeOptions.key ?? TwinStore.keyFile(forStore: store)
            try StoreBackup.copyKey(key, to: file + ".key")
        }
        do {
            let made = try StoreBackup.make(of: store, at: file, isCompacting: compact)
            if verify { try check(file) }
            let how = made.method == .records ? ", record by record, for it has lost pages" : ""
            print("\(file): \(grouped(made.bytes)) bytes\(verify ? ", verified" : "")\(how)")
        } catch {
            if withKey { try? FileManager.default.removeItem(atPath: file + ".key") }
            throw error
        }
        guard !withKey, !isPlain else { return }
        print("Keep the pseudonym key as well, in another place.")
    }

    private func check(_ file: String) throws {
        do {
            try Verifier.check(file)
        } catch {
            try? FileManager.default.removeItem(atPath: file)
            throw CommandFailure(
                "The store is damaged, and so was the copy, which was removed. "
                    + "\(Advice.text(error)) To keep a damaged copy, give --no-verify."
            )
        }
    }

    private func file(for store: String) -> String {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: target, isDirectory: &isFolder)
        guard exists, isFolder.boolValue else { return target }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        let name = URL(fileURLWithPath: store).standardizedFileURL.lastPathComponent
        let folder = target.hasSuffix("/") ? String(target.dropLast()) : target
        return "\(folder)/\(name)-\(format.string(from: Date())).mdb"
    }
}
