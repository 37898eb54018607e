import Dispatch
import Foundation
import Synchronization

/// A log that never makes its writers wait: a thread of its own writes the lines to a descriptor.
///
/// If nobody reads them there, up to a mebibyte is kept. Further lines are left out, and a line says
/// how many.
final class LogStream: TextOutputStream, Sendable {
    private struct State {
        var pending: [UInt8] = []
        var isWriting = false
        var omittedCount = 0
    }

    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let byteCountMax: Int
    private let descriptor: Int32

    /// Makes a log, and its thread, which lasts as long as the process.
    ///
    /// - Parameters:
    ///   - descriptor: Where the lines go.
    ///   - byteCountMax: The largest number of bytes that wait to be written.
    init(descriptor: Int32 = STDERR_FILENO, byteCountMax: Int = 1 << 20) {
        self.descriptor = descriptor
        self.byteCountMax = byteCountMax
        Thread.detachNewThread { [self] in writeForEver() }
    }

    /// Adds a line, unless too much waits.
    func write(_ line: String) {
        let isKept = state.withLock { state in
            guard state.pending.count + line.utf8.count <= byteCountMax else {
                state.omittedCount += 1
                return false
            }
            state.pending += line.utf8
            return true
        }
        if isKept { work.signal() }
    }

    /// Waits until all lines are written, at most for some milliseconds.
    func flush(milliseconds: Int) {
        for _ in 0..<milliseconds {
            if state.withLock({ $0.pending.isEmpty && !$0.isWriting }) { return }
            usleep(1_000)
        }
    }

    private func writeForEver() {
        while true {
            work.wait()
            let bytes = state.withLock { state in
                var bytes = state.pending
                state.pending = []
                state.isWriting = true
                if state.omittedCount > 0 {
                    let count = state.omittedCount
                    bytes += "\(count) log lines were left out: they were not read in time.\n".utf8
                    state.omittedCount = 0
                }
                return bytes
            }
            writeAll(bytes)
            state.withLock { $0.isWriting = false }
        }
    }

    private func writeAll(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = Array(rest.prefix(1 << 16))
            let count = Foundation.write(descriptor, chunk, chunk.count)
            if count > 0 {
                rest.removeFirst(count)
            } else if errno != EINTR {
                // The reader has gone: there is nobody to tell.
                return
            }
        }
    }
}
