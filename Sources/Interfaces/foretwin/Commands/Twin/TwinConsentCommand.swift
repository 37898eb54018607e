import ArgumentParser
import PropertyGraph
import Shop
import TwinStorage

/// `foretwin twin consent`.
struct TwinConsentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent",
        abstract: "Show or set which context may be used for a customer.",
        discussion: """
            weather and trends are about a city and not about a person: they are used unless the \
            customer forbids it. events can be attended: they are used only if the customer allows \
            it. The consent is stored with the twin, and erased with it.

              foretwin twin consent ann
              foretwin twin consent ann --allow events --forbid weather,trends
            """)

    @Argument(help: "The customer's id as the shop knows it.")
    var customer: String

    @Option(
        help: ArgumentHelp("Context that may be used: weather, events, trends.", valueName: "list"))
    var allow: String?

    @Option(help: ArgumentHelp("Context that may not be used.", valueName: "list"))
    var forbid: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions

    func validate() throws {
        let both = try Self.purposes(allow, "--allow").intersection(
            Self.purposes(forbid, "--forbid"))
        guard both.isEmpty else {
            throw ValidationError(
                "\(ConsentJSON.names(both).joined(separator: ", ")): both in --allow and in "
                    + "--forbid. Name each once.")
        }
    }

    func run() throws {
        let isSet = allow != nil || forbid != nil
        let store = try storeOptions.open(isSet ? .write : .read)
        if isSet {
            let purposes = try store.contextConsent(of: customer)
                .union(Self.purposes(allow, "--allow"))
                .subtracting(Self.purposes(forbid, "--forbid"))
            try store.setContextConsent(purposes, of: customer)
        }
        let consent = ConsentJSON(try store.contextConsent(of: customer))
        if json {
            try printJSON(consent)
            return
        }
        print("\(printable(customer)): \(consent.text)")
        if try store.twinGraph(userID: customer) == nil {
            print("The store does not know this customer: these are the defaults.")
        } else if try store.isErased(customer) {
            print("Their twin was erased.")
        }
    }

    private static func purposes(
        _ list: String?, _ option: String
    ) throws -> Set<ContextPurpose> {
        guard let list else { return [] }
        let words = list.split(separator: ",", omittingEmptySubsequences: false)
        return Set(
            try words.map { word in
                let name = word.filter { $0 != " " }.lowercased()
                guard let purpose = ContextPurpose(rawValue: name) else {
                    let names = ContextPurpose.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError(
                        "\(option) has '\(word)'. Use one or more of \(names), with commas between "
                            + "them.")
                }
                return purpose
            })
    }
}

/// A customer's consent, for people and for programs.
struct ConsentJSON: Encodable {
    var allowed: [String]
    var forbidden: [String]

    init(_ purposes: Set<ContextPurpose>) {
        allowed = Self.names(purposes)
        forbidden = Self.names(Set(ContextPurpose.allCases).subtracting(purposes))
    }

    /// The names of purposes, always in the same order.
    static func names(_ purposes: Set<ContextPurpose>) -> [String] {
        ContextPurpose.allCases.filter(purposes.contains).map(\.rawValue)
    }

    /// The same in a line: `may be read: weather, trends; may not: events`.
    var text: String {
        func list(_ names: [String]) -> String {
            names.isEmpty ? "nothing" : names.joined(separator: ", ")
        }
        return "may be read: \(list(allowed)); may not: \(list(forbidden))"
    }
}
