import ArgumentParser
import Testing

@testable import foretwin

/// Wrong command lines and the messages that they get.
@Suite struct ArgumentErrorTests {
    /// A command line without the program's name, and its message.
    private static let table: [(line: String, message: String)] = [
        ("nonsense", "Unexpected argument 'nonsense'"),
        ("ingest", "Name an event file, '-' for standard input, or --items FILE."),
        ("ingest a.csv --batch 0", "--batch is 0. Use a number from 1 to 100000."),
        ("ingest a.csv --batch many", "The value 'many' is invalid for '--batch <batch>'"),
        ("ingest a.csv --half-life -1", "Missing value for '--half-life <days>'"),
        ("ingest a.csv --half-life=-1", "--half-life is -1.0. Use days above 0, up to 36500."),
        (
            "ingest a.csv --until soon",
            "--until is 'soon'. Write it as 2026-03-01 or 2026-03-01T12:00:00Z."
        ),
        (
            "ingest a.csv --format xml",
            "The value 'xml' is invalid for '--format <format>'. Please provide one of "
                + "'csv' and 'jsonl'."
        ),
        (
            "train --promote maybe",
            "The value 'maybe' is invalid for '--promote <promote>'. Please provide one of "
                + "'if-good', 'always' or 'never'."
        ),
        ("train --epochs many", "The value 'many' is invalid for '--epochs <epochs>'"),
        ("train extra", "Unexpected argument 'extra'"),
        ("recommend", "Missing expected argument '<customer>'"),
        ("recommend a --threads 0", "--threads must be from 1 to 1024."),
        ("recommend a --as-of soon", "--as-of is 'soon'. Write it as 2026-03-01T10:00:00Z."),
        ("simulate", "Give either a customer or --all."),
        ("simulate a --all", "Give either a customer or --all."),
        ("simulate --all --json", "--show and --json are for one customer; --all writes a file."),
        ("simulate --all --show 2", "--show and --json are for one customer; --all writes a file."),
        (
            "simulate a --demand d.csv",
            "--output, --count, --any-contact, --shard, --demand and --fresh need --all."
        ),
        (
            "simulate --all --demand d.csv --paths 1",
            "--demand needs --paths 2 or more, to measure how much paths differ."
        ),
        (
            "simulate --all --shard 5/4",
            "--shard is '5/4'. Write it as 3/64, the third of 64 shards."
        ),
        ("report", "Give either customers or --fleet."),
        ("report a --fleet f.jsonl", "Give either customers or --fleet."),
        (
            "report --demand d.csv",
            "--demand, --before, --demand-before, --csv and --json need --fleet."
        ),
        (
            "report --csv f.csv a",
            "--demand, --before, --demand-before, --csv and --json need --fleet."
        ),
        ("report --fleet f.jsonl --demand-before d.csv", "--demand-before needs --before."),
        ("evaluate next-basket --train a.csv", "Missing expected argument '--test <file>'"),
        (
            "backtest --horizon 0d",
            "--horizon is '0d'. Write days with commas, such as 7d,28d; from 0.001 to 366."
        ),
        (
            "backtest --horizon 7w",
            "--horizon is '7w'. Write days with commas, such as 7d,28d; from 0.001 to 366."
        ),
        ("backtest --paths 0", "--paths must be from 1 to 100000."),
        ("backtest --calibrations 53", "--calibrations must be from 1 to 52."),
        ("backtest --customers 0", "--customers must be 1 or more."),
        ("backtest --origin soon", "--origin is 'soon'. Use a time such as 2026-03-01."),
        (
            "backtest --synthetic --origin 2026-02-01",
            "--origin is for a store; a made-up shop has its own."
        ),
        ("twin show", "Missing expected argument '<customers> ...'"),
        (
            "graph stats --as-of 2026-01-01",
            "The shared graph has no past: it is what the last training made of all twins. "
                + "Leave out --as-of, or name a --twin."
        ),
        ("graph neighbours a --limit 0", "--limit must be 1 or more."),
        (
            "graph neighbours a --similar --rank",
            "--similar and --rank are two questions. Ask one at a time."
        ),
        ("graph neighbours a --hops 2 --rank", "--hops goes with neither --similar nor --rank."),
        ("graph neighbours a --hops 21", "--hops is 21. Use a number from 1 to 20."),
        ("graph neighbours a --fan-out 0", "--fan-out and --visit must be 1 or more."),
        (
            "graph neighbours a --direction up",
            "The value 'up' is invalid for '--direction <direction>'. Please provide one "
                + "of 'out', 'in' or 'both'."
        ),
        ("graph top --count 0", "--count is 0. Use a number from 1 to 1000000."),
        ("graph top --direction out", "--direction says how edges lie to a node. Name a node."),
        ("graph path a", "Missing expected argument '<to>'"),
        ("graph path a b --max-hops 0", "--max-hops is 0. Use a number from 1 to 100."),
        ("models prune --keep 0", "--keep must be 1 or more."),
        ("models promote", "Missing expected argument '<version>'"),
        ("models vectors", "Missing expected argument '--output <file>'"),
        ("demo --show 0", "--show must be from 1 to 50 and at most the number of customers."),
        ("serve --port many", "The value 'many' is invalid for '--port <port>'"),
    ]

    @Test(arguments: table)
    func aWrongCommandLineGetsItsMessage(line: String, message: String) {
        let arguments = line.split(separator: " ").map(String.init)
        do {
            _ = try Foretwin.parseAsRoot(arguments)
            Issue.record("'\(line)' was accepted.")
        } catch {
            #expect(Foretwin.message(for: error) == message)
            #expect(Foretwin.exitCode(for: error) == .validationFailure)
            // The parser of arguments shows it, with the usage of the command.
            #expect(CommandFailure.code(of: error) == nil)
        }
    }

    @Test(arguments: [
        "train --promote never --fresh --epochs 3", "simulate --all --shard 3/64 --demand d.csv",
        "backtest --synthetic --horizon 7d,28d", "report a b --output page.html",
        "evaluate next-basket --train a --test b --k 5,10", "graph neighbours a --hops 2",
        "graph top --type PURCHASED", "models", "models rollback",
    ])
    func aRightCommandLineIsAccepted(line: String) throws {
        _ = try Foretwin.parseAsRoot(line.split(separator: " ").map(String.init))
    }
}
