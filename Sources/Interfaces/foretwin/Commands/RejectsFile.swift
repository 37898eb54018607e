import Foundation
import Shop

/// The file that rejected lines are kept in, those of one run after those of the runs before.
///
/// It is made when the first line comes. Each run begins with a line that says when it was.
final class RejectsFile {
    private let path: String
    private var handle: FileHandle?

    init(path: String) { self.path = path }

    /// Throws if the file is one of some sources: it would grow while it is read.
    func checkIsNot(anyOf sources: [String]) throws {
        guard let own = Identity(path: path) else { return }
        for source in sources {
            let identity = source == "-" ? Identity(descriptor: 0) : Identity(path: source)
            guard identity != own else {
                throw CommandFailure(
                    "\(path) is to be read, and rejected lines would be written to it. Name "
                        + "another file with --rejects.")
            }
        }
    }

    /// Adds a line, or a line without bytes if it was too long to keep.
    func add(_ rejection: Rejection, _ bytes: [UInt8], source: String) throws {
        let handle = try self.handle ?? open()
        self.handle = handle
        let note = "# \(printable("\(source) \(rejection.locatedMessage)"))\n"
        try handle.write(contentsOf: Data(note.utf8) + Data(bytes) + Data("\n".utf8))
    }

    private func open() throws -> FileHandle {
        // Only its owner may read it: the lines name customers.
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("The rejects file \(path) cannot be written. Give --rejects.")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let now = Date().formatted(.iso8601)
        try handle.write(contentsOf: Data("# foretwin ingest, \(now)\n".utf8))
        return handle
    }

    /// Which file it is, whatever it is called.
    private struct Identity: Equatable {
        var device: dev_t
        var number: ino_t

        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            self.init(status)
        }

        init?(descriptor: Int32) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return nil }
            self.init(status)
        }

        private init?(_ status: stat) {
            // Only what is read from a disk is there again after it was written.
            guard status.st_mode & S_IFMT == S_IFREG else { return nil }
            device = status.st_dev
            number = status.st_ino
        }
    }
}
