import ArgumentParser
import Foundation
import StoreAdmin

/// `foretwin verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a store or a backup for damage.",
        discussion: """
            Checks all pages of the file (order, use, the free list), the checksums of all \
            records, names and edges, and whether each twin equals the fold of its events; a plain \
            store of graphs has no twins. The store may be in use. A busy store grows meanwhile, \
            so verify a backup of it instead.

            The check runs in a separate process, so damage cannot end this one. The exit code is \
            0 if the store is sound, 1 if not, 66 if there is no store.
            """)

    @Argument(help: "A store's folder or a backup's file. (default: the store)")
    var path: String?

    @Option(help: "The folder of the store.")
    var store = "graph-data/store"

    @Flag(help: "Print the report as JSON.")
    var json = false

    /// Set in the process that does the check.
    @Flag(help: .hidden)
    var inner = false

    func run() throws {
        let path = path ?? store
        if inner {
            try Verifier.runInner(path, isQuiet: json)
            return
        }
        let report = try Verifier.verify(path, isQuiet: json)
        if json { try printJSON(report) } else { show(report) }
        guard report.isSound else { throw Verifier.failure(report) }
    }

    private func show(_ report: VerificationReport) {
        if report.isSound { print("\(report.path) is sound.") }
        for finding in report.findings { print("  \(finding.what)") }
        if report.findingCount > report.findings.count {
            print("  and \(grouped(report.findingCount - report.findings.count)) more")
        }
        let pages = report.pages
        let lost = pages.lost > 0 ? ", \(grouped(pages.lost)) lost (compact frees them)" : ""
        print(
            "pages    \(grouped(pages.inUse)) of \(grouped(pages.sizeBytes)) bytes in use, "
                + "\(grouped(pages.free)) free\(lost)")
        print("records  \(grouped(report.records.values.reduce(0, +)))")
        guard report.isSound else { return }
        print(
            "graphs   \(grouped(report.nodes)) nodes with properties, \(grouped(report.edges)) "
                + "edges")
        if report.isCompactionDue {
            print(
                "erased   data of erased customers stays in the file until you run 'foretwin "
                    + "compact'"
            )
        }
        guard report.hasTwins else { return }
        print(
            "twins    \(grouped(report.twins)), made from \(grouped(report.mergedEvents)) events; "
                + "\(grouped(report.pendingEvents)) more are pending")
    }
}

/// Verifies in a process of its own: whatever damage does to it, this one can tell of it.
enum Verifier {
    /// What the process that looks writes to standard output.
    private struct Answer: Codable {
        var report: VerificationReport?
        var failure: String?
        var code: Int32?
    }

    /// Looks at a store or backup, and throws if it cannot be looked at.
    ///
    /// - Parameters:
    ///   - path: A store's folder or a backup's file.
    ///   - isQuiet: Whether nothing is said of how it goes.
    /// - Returns: What was found.
    /// - Throws: ``CommandFailure`` when there is nothing to look at, or it cannot be looked at
    ///   now.
    static func verify(_ path: String, isQuiet: Bool = false) throws -> VerificationReport {
        let child = Process()
        let link = "/proc/self/exe"
        let isLinked = FileManager.default.fileExists(atPath: link)
        child.executableURL = URL(
            fileURLWithPath: isLinked ? link : CommandLine.arguments.first ?? "foretwin")
        child.arguments = ["verify", "--inner"] + (isQuiet ? ["--json"] : []) + ["--", path]
        child.standardInput = FileHandle.nullDevice
        let output = Pipe()
        child.standardOutput = output
        try child.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        child.waitUntilExit()
        let answer = try? JSONDecoder().decode(Answer.self, from: data)
        if let failure = answer?.failure {
            throw CommandFailure(failure, code: answer?.code ?? CommandFailure.general)
        }
        if let report = answer?.report, child.terminationReason == .exit { return report }
        var report = VerificationReport(path: path)
        let end = child.terminationReason == .exit ? "exit code" : "signal"
        report.add("looking at it ended with \(end) \(child.terminationStatus): it is damaged")
        return report
    }

    /// Verifies, and throws unless all is sound.
    ///
    /// - Throws: ``CommandFailure``.
    static func check(_ path: String, isQuiet: Bool = false) throws {
        let report = try verify(path, isQuiet: isQuiet)
        guard report.isSound else { throw failure(report) }
    }

    /// The error for a store that is not sound.
    static func failure(_ report: VerificationReport) -> CommandFailure {
        let first = report.findings.first
        let more =
            report.findingCount > 1 ? " (and \(grouped(report.findingCount - 1)) more)" : ""
        return CommandFailure(
            "\(report.path) is damaged: \(first?.what ?? "unknown")\(more). \(first?.advice ?? "")")
    }

    /// Does the looking.
    static func runInner(_ path: String, isQuiet: Bool) throws {
        let bar = ProgressBar(quiet: isQuiet)
        var answer = Answer()
        do {
            answer.report = try StoreVerification.verify(path) { stage, done, total in
                let rate = Double(done) / max(0.001, bar.seconds)
                bar.show(
                    stage, fraction: Double(done) / Double(max(1, total)),
                    detail: "\(grouped(done)) of \(grouped(total)), \(grouped(Int(rate)))/s")
            }
            answer.report = answer.report.map(Advice.advised)
            bar.finish("done")
        } catch {
            answer.failure = Advice.text(error)
            answer.code = CommandFailure.code(of: error)
        }
        Swift.print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
    }
}
