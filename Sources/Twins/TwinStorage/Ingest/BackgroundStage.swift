import Dispatch

/// Runs tasks in the background, one after the other.
struct BackgroundStage<Output: Sendable> {
    private let queue = DispatchQueue(label: "background-stage")
    private var task: Task?

    /// Waits for the running task and starts the next.
    ///
    /// - Returns: The output of the task before; `nil` if there was none.
    /// - Throws: The error of the task before; then the next is not started.
    mutating func begin(_ work: @escaping @Sendable () throws -> Output) throws -> Output? {
        let before = try finish()
        let task = Task()
        queue.async {
            task.result = Result { try work() }
            task.done.signal()
        }
        self.task = task
        return before
    }

    /// Waits for the running task.
    ///
    /// - Returns: Its output; `nil` if no task is running.
    /// - Throws: Its error.
    mutating func finish() throws -> Output? {
        guard let task else { return nil }
        self.task = nil
        task.done.wait()
        return try task.result?.get()
    }

    // @unchecked Sendable: `result` is set once, before `done` is signalled, and read after.
    private final class Task: @unchecked Sendable {
        let done = DispatchSemaphore(value: 0)
        var result: Result<Output, any Error>?
    }
}
