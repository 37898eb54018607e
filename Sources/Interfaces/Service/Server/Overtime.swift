import Foundation
import ServiceLifecycle

/// Watches that the end of the service does not take much longer than it may.
///
/// Work that reads a file or a body does not look whether it was cancelled.
struct Overtime: Service {
    /// Called on a thread of its own when the time is over.
    let action: @Sendable () -> Void
    /// Seconds from the request to end until the time is over.
    var seconds = ServiceLimits.shutdownGrace / .seconds(1) + 1

    func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            return
        }
        // Not a task: it must come whatever the threads of tasks do.
        let thread = Thread { [self] in
            Thread.sleep(forTimeInterval: seconds)
            action()
        }
        thread.start()
    }
}
