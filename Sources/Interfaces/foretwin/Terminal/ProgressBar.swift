import Foundation

/// Shows progress: a bar that is redrawn on a terminal, a line every five seconds elsewhere.
///
/// It writes to standard error. Standard output is for results.
final class ProgressBar {
    private let isTerminal = isatty(2) == 1
    private let clock = ContinuousClock()
    private let isQuiet: Bool
    private var start: ContinuousClock.Instant
    private var lastShown: ContinuousClock.Instant?
    private var title = ""
    private var isOpen = false

    /// - Parameter quiet: Whether nothing is shown.
    init(quiet: Bool = false) {
        isQuiet = quiet
        start = clock.now
    }

    /// Seconds since the current stage began.
    var seconds: Double { Self.seconds(clock.now - start) }

    /// Shows progress.
    ///
    /// A new title begins a new stage.
    ///
    /// - Parameters:
    ///   - title: The stage.
    ///   - fraction: The fraction that is done, 0 to 1, if it is known.
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
        let done = min(1, max(0, fraction))
        let width = 24
        let full = Int((done * Double(width)).rounded())
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
        let left = done > 0.02 ? ", \(duration(seconds / done * (1 - done))) left" : ""
        return "\(padded(title)) \(bar) \(Int(done * 100)) %  \(detail)\(left)"
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
