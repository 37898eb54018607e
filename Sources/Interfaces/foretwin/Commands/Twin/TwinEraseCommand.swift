import ArgumentParser
import Foundation
import Prediction
import PropertyGraph
import Shop
import StoreAdmin
import Time
import TwinStorage

/// `foretwin twin erase`.
struct TwinEraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase customers' twins for good, with all their events.",
        discussion: """
            Everything that is stored of the customers goes, and the searches and cities that \
            nobody else's twin mentions. Their pseudonyms stay with a mark that keeps later events \
            of theirs out, also of customers who are not known yet. Afterwards the store is \
            compacted, so that nothing is left in its file; stop the server before.

            All versions of the model under --models lose the customers' sequences as well, and the \
            checkpoint of an unfinished training is removed. What was counted or trained over all \
            customers together stays until the next training. Backups do not change: remove old \
            ones. Without --yes it says what would be erased, and asks.
            """)

    @Argument(help: "Customers' ids as the shop knows them.")
    var customers: [String]

    @Flag(help: "Erase without asking.")
    var yes = false

    @Flag(
        inversion: .prefixedNo,
        help: "Compact the store afterwards; until then the data can be found in its file.")
    var compact = true

    @Flag(help: "Print the receipt as JSON.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var folder: ModelFolder

    func run() throws {
        var seen: Set<String> = []
        let customers = customers.filter { seen.insert($0).inserted }
        if !yes { try ask(customers) }
        let receipts = try erase(customers)
        var failures: [String] = []
        let forgotten = forget(receipts, &failures)
        var failure: (any Error)?
        var size: (before: Int, after: Int)?
        if compact {
            do {
                size = try StoreCompaction.compact(storeOptions.store) {
                    try Verifier.check($0, isQuiet: json)
                }
            } catch {
                failure = error
            }
        }
        try show(zip(customers, receipts).map { ErasureJSON($0, $1) }, size, forgotten)
        if let failure {
            failures.append(
                "The data is erased, but still in the file, which could not be compacted: "
                    + "\(failure) Run 'foretwin compact' when that is mended.")
        }
        guard !failures.isEmpty else { return }
        throw CommandFailure(
            failures.joined(separator: " "),
            code: failure.flatMap { CommandFailure.code(of: $0) } ?? CommandFailure.general)
    }

    /// Erases from the models, and notes what could not be done.
    private func forget(
        _ receipts: [ErasureReceipt], _ failures: inout [String]
    ) -> ForgettingReceipt {
        do {
            let forgotten = try folder.registry.forget(receipts.map(\.pseudonym))
            if !forgotten.unreadable.isEmpty {
                failures.append(
                    "The data is erased from the store, but these versions in \(folder.models) "
                        + "cannot be read and may hold it: "
                        + "\(forgotten.unreadable.joined(separator: ", ")). Remove their folders.")
            }
            return forgotten
        } catch {
            failures.append(
                "The data is erased from the store, but not from the models: \(error) Erase again "
                    + "when that is mended.")
            return ForgettingReceipt()
        }
    }

    /// Says what would be erased, and goes on only if somebody says yes to it.
    private func ask(_ customers: [String]) throws {
        let store = try storeOptions.open()
        // To where the question is asked, so that standard output stays a result.
        for customer in customers { warn(try preview(customer, store)) }
        guard isatty(0) == 1 else {
            throw CommandFailure("Nothing was erased. Give --yes to erase this for good.")
        }
        warn("Erase \(customers.count == 1 ? "this twin" : "these twins") for good? Write yes:")
        guard readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes" else {
            throw CommandFailure("Nothing was erased.")
        }
    }

    private func preview(_ customer: String, _ store: TwinStore) throws -> String {
        let twin = try store.loadUserTwin(customer)
        guard let first = twin.firstEvent, let last = twin.lastUpdated else {
            return try store.isErased(customer)
                ? "\(customer): erased before"
                : "\(customer): nothing is known, but later events would be kept out"
        }
        return "\(customer): \(grouped(twin.eventCount)) events from \(first.date) to "
            + "\(last.date), \(grouped(twin.itemGraph.itemIDs.count)) items"
    }

    /// Erases, and closes the store.
    private func erase(_ customers: [String]) throws -> [ErasureReceipt] {
        let store = try storeOptions.open(.write)
        let now = Timestamp(rawValue: Int64(Date().timeIntervalSince1970 * 1000))
        return try customers.map { try store.erase($0, at: now) }
    }

    private func show(
        _ erasures: [ErasureJSON], _ size: (before: Int, after: Int)?,
        _ forgotten: ForgettingReceipt
    ) throws {
        if json {
            try printJSON(
                ReceiptJSON(
                    erased: erasures, bytesBefore: size?.before, bytesAfter: size?.after,
                    isCompacted: size != nil, models: forgotten.rewritten))
            return
        }
        for erasure in erasures {
            print(
                "\(erasure.customer) (pseudonym \(erasure.pseudonym)): erased at \(erasure.time); "
                    + "events: \(grouped(erasure.events)), records: "
                    + "\(grouped(erasure.records)), searches and cities only they named: "
                    + "\(grouped(erasure.names))")
        }
        if let size {
            print(
                "\(storeOptions.store): compacted from \(grouped(size.before)) to "
                    + "\(grouped(size.after)) bytes")
        } else if !compact {
            print("The data can be found in the file until you run 'foretwin compact'.")
        }
        if !forgotten.rewritten.isEmpty {
            print(
                "Erased from \(forgotten.rewritten.joined(separator: ", ")) in \(folder.models).")
        }
        print("Backups made before do not change: remove old ones.")
    }
}

private struct ErasureJSON: Encodable {
    var customer: String
    var pseudonym: String
    var time: String
    var events: Int
    var records: Int
    var names: Int

    init(_ customer: String, _ receipt: ErasureReceipt) {
        self.customer = customer
        pseudonym = receipt.pseudonym
        time = receipt.time.iso8601
        events = receipt.eventCount
        records = receipt.recordCount
        names = receipt.nameCount
    }
}

private struct ReceiptJSON: Encodable {
    var erased: [ErasureJSON]
    var bytesBefore: Int?
    var bytesAfter: Int?
    var isCompacted: Bool
    /// The versions of the model that were changed.
    var models: [String]
}
