import ArgumentParser
import Foundation
import Reports
import TwinStorage

/// Which runs over all twins a page is about, and where else its figures go.
struct FleetReportOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Write about all customers instead: the file of 'foretwin simulate --all', or the files "
                + "of all its parts.", valueName: "file"))
    var fleet: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The files that --demand of that run has written: demand by day, of all items.",
            valueName: "file"))
    var demand: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The files of an earlier run, to say what changed since then.", valueName: "file"))
    var before: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The files that --demand of the earlier run has written.", valueName: "file"))
    var demandBefore: [String] = []

    @Option(help: ArgumentHelp("Also write the figures there, as CSV.", valueName: "file"))
    var csv: String?

    @Flag(help: "Print the figures as JSON instead of writing the page.")
    var json = false

    func validate() throws {
        let isOthers = !demand.isEmpty || !before.isEmpty || csv != nil || json
        guard !fleet.isEmpty || (!isOthers && demandBefore.isEmpty) else {
            throw ValidationError(
                "--demand, --before, --demand-before, --csv and --json need --fleet.")
        }
        guard demandBefore.isEmpty || !before.isEmpty else {
            throw ValidationError("--demand-before needs --before.")
        }
    }

    /// Reads the runs and writes what they say.
    func run(_ store: TwinStore, to path: String) throws {
        let progress = ProgressBar()
        progress.show("read", fraction: 0, detail: "")
        let report = try FleetReport(
            FleetReport.Files(fleet: fleet, demand: demand),
            before: FleetReport.Files(fleet: before, demand: demandBefore), store: store
        ) { progress.show("read", fraction: $0, detail: "the forecasts") }
        progress.finish("the forecasts")
        if let csv { try writeText(report.csv(), to: csv) }
        guard !json else { return try printJSON(report) }
        try writeText(report.html(), to: path)
        print("Wrote \(path). Open it in a browser.")
    }
}
