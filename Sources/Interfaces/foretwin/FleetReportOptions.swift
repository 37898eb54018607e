import ArgumentParser
import Foundation
import Reports
import TwinStorage

/// The fleet runs of a report, and the other outputs.
struct FleetReportOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Report all customers instead: the file of 'foretwin simulate --all', or the files of "
                + "all its shards.", valueName: "file"))
    var fleet: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The --demand files of that run: demand of all items by day.",
            valueName: "file"))
    var demand: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The files of an earlier run to compare with.", valueName: "file"))
    var before: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The --demand files of the earlier run.", valueName: "file"))
    var demandBefore: [String] = []

    @Option(help: ArgumentHelp("Also write the figures to this file, as CSV.", valueName: "file"))
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

    /// Reads the runs and writes the report.
    func run(_ store: TwinStore, to path: String) throws {
        let progress = ProgressBar()
        progress.show("read", fraction: 0, detail: "")
        let report = try FleetReport(
            FleetReport.Files(fleet: fleet, demand: demand),
            before: FleetReport.Files(fleet: before, demand: demandBefore), store: store
        ) { progress.show("read", fraction: $0, detail: "forecasts") }
        progress.finish("forecasts")
        if let csv { try writeText(report.csv(), to: csv) }
        guard !json else { return try printJSON(report) }
        try writeText(report.html(), to: path)
        print("Wrote \(path). Open it in a browser.")
    }
}
