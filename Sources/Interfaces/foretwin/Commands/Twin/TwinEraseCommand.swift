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

            All versions of the model under --models lose the customers' sequences as well, and \
            the checkpoint of an unfinished training is removed. What was counted or trained over \
            all customers together stays until the next training. Backups do not change: remove \
            old ones. What lies beside the store and in the current folder and may hold data of \
            the customers is listed. Without --yes it says what would be erased, and asks.

            Ids on the command line can be seen by other users of the machine and stay in the \
            shell's history; --file - reads them from standard input.
            """)

    @Argument(help: "Customers' ids as the shop knows them.")
    var customers: [String] = []

    @Option(
        help: ArgumentHelp(
            "Also erase the customers whose ids are in this file, one in each line; - reads them "
                + "from standard input and needs --yes.", valueName: "file"))
    var file: String?

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

    func validate() throws {
        guard !customers.isEmpty || file != nil else {
            throw ValidationError("Name customers, or give a file of their ids: --file.")
        }
        guard file != "-" || yes else {
            throw ValidationError(
                "--file - needs --yes, because standard input cannot answer the "
                    + "question.")
        }
    }

    func run() throws {
        let named = try customers + (file.map(Self.ids(in:)) ?? [])
        var seen: Set<String> = []
        let customers = named.filter { seen.insert($0).inserted }
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

    /// The ids in a file, one in each line; empty lines are passed over.
    private static func ids(in file: String) throws -> [String] {
        guard
            let handle = file == "-"
                ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
        else {
            throw CommandFailure(
                "There is no file \(file). Check --file.", code: CommandFailure.missing)
        }
        let bytes = try handle.readToEnd() ?? Data()
        let ids = try bytes.split(separator: 10).map { line in
            // Repaired text would be another customer's id.
            guard let id = String(validating: line, as: UTF8.self) else {
                throw CommandFailure("The ids in \(file) are not UTF-8. Nothing was erased.")
            }
            return id.hasSuffix("\r") ? String(id.dropLast()) : id
        }.filter { !$0.isEmpty }
        guard !ids.isEmpty else { throw CommandFailure("There are no ids in \(file).") }
        return ids
    }

    /// Prints what would be erased, and continues only after a yes.
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
        let twin = try store.twin(customer)
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
        let remains = ErasureRemains.find(
            store: storeOptions.store, in: [FileManager.default.currentDirectoryPath])
        if json {
            try printJSON(
                ReceiptJSON(
                    erased: erasures, bytesBefore: size?.before, bytesAfter: size?.after,
                    isCompacted: size != nil, remains: remains,
                    modelVersions: forgotten.rewritten))
            return
        }
        for erasure in erasures {
            print(
                "\(erasure.customer) (customer key \(erasure.customerKey)): erased at "
                    + "\(erasure.time); events: \(grouped(erasure.events)), records: "
                    + "\(grouped(erasure.records)), searches and cities of no other customer: "
                    + "\(grouped(erasure.searchesAndCities))")
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
        guard !remains.isEmpty else { return }
        print("These may hold data of the customers; remove what you do not need:")
        for remain in remains { print("  \(remain.path) (\(remain.kind))") }
    }
}

private struct ErasureJSON: Encodable {
    var customer: String
    var customerKey: String
    var time: String
    var events: Int
    var records: Int
    var searchesAndCities: Int

    init(_ customer: String, _ receipt: ErasureReceipt) {
        self.customer = customer
        customerKey = receipt.pseudonym
        time = receipt.time.iso8601
        events = receipt.eventCount
        records = receipt.recordCount
        searchesAndCities = receipt.nameCount
    }
}

private struct ReceiptJSON: Encodable {
    var erased: [ErasureJSON]
    var bytesBefore: Int?
    var bytesAfter: Int?
    var isCompacted: Bool
    /// What may hold data of the customers beside the store.
    var remains: [ErasureRemains.Remain]
    /// The versions of the model that were rewritten.
    var modelVersions: [String]
}
