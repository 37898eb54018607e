import Foundation

/// Shows how long work goes on: a bar that redraws on a terminal, a line now and then elsewhere.
///
/// It writes to standard error, so that standard output stays a result.
final class ProgressBar {
    private let isTerminal = isatty(2) == 1
    private let clock = ContinuousClock()
    private let isQuiet: Bool
    private var start: ContinuousClock.Instant
    private var lastShown: ContinuousClock.Instant?
    private var title = ""
    private var isOpen = false

    /// - Parameter quiet: Shows nothing.
    init(quiet: Bool = false) {
        isQuiet = quiet
        start = clock.now
    }

    /// Seconds since the current stage began.
    var seconds: Double { Self.seconds(clock.now - start) }

    /// Shows where the work is; a new title begins a new stage.
    ///
    /// - Parameters:
    ///   - title: What is being done.
    ///   - fraction: The share that is done, 0 to 1, if it is known.
    ///   - detail: Figures such as a rate or a loss.
    func show(_ title: String, fraction: Double?, detail: String) {
        guard !isQuiet else { return }
        if title != self.title { begin(title) }
        let now = clock.now
        let pause = isTerminal ? 0.1 : 5.0
        if let lastShown, Self.seconds(now - lastShown) < pause { return }
        lastShown = now
        write(line(fraction, detail), isFinal: false)
    }

    /// Ends the current stage with a line that stays.
    func finish(_ detail: String) {
        guard !isQuiet, isOpen else { return }
        write("\(padded(title)) \(detail) in \(duration(seconds))", isFinal: true)
        isOpen = false
        title = ""
    }

    private func begin(_ title: String) {
        if isOpen { finish("done") }
        self.title = title
        start = clock.now
        lastShown = nil
        isOpen = true
    }

    private func line(_ fraction: Double?, _ detail: String) -> String {
        guard let fraction else { return "\(padded(title)) \(detail)" }
        let share = min(1, max(0, fraction))
        let width = 24
        let full = Int((share * Double(width)).rounded())
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
        let left = share > 0.02 ? ", \(duration(seconds / share * (1 - share))) left" : ""
        return "\(padded(title)) \(bar) \(Int(share * 100)) %  \(detail)\(left)"
    }

    private func padded(_ title: String) -> String {
        title + String(repeating: " ", count: max(0, 12 - title.count))
    }

    private func write(_ text: String, isFinal: Bool) {
        let text = printable(text)
        let line = isTerminal ? "\r\u{1B}[K" + text + (isFinal ? "\n" : "") : text + "\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
