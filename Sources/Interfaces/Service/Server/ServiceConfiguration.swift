/// Where the service listens, and what it serves.
package struct ServiceConfiguration: Sendable, Hashable {
    /// The address to listen on; this machine alone unless set.
    package var host: String
    /// The port to listen on; 0 lets the system choose.
    package var port: Int
    /// The folder of the store.
    package var storePath: String
    /// The folder of the models.
    package var modelFolder: String
    /// The version of the model to serve; the current one, and each that is promoted, unless named.
    package var modelVersion: String?
    /// Whether other machines may be served.
    ///
    /// There are no API keys yet: everybody who reaches the port may then read and write all twins.
    package var allowRemote: Bool
    /// The share of requests with `surprise=auto` that get a surprise, 0 to 1.
    package var surpriseRate: Double
    /// Whether items that the catalogue lacks are added to it.
    package var createItems: Bool

    /// Makes a configuration; the defaults serve this machine alone.
    package init(
        host: String = "127.0.0.1", port: Int = 8080, storePath: String, modelFolder: String,
        modelVersion: String? = nil, allowRemote: Bool = false, surpriseRate: Double = 0.1,
        createItems: Bool = true
    ) {
        self.host = host
        self.port = port
        self.storePath = storePath
        self.modelFolder = modelFolder
        self.modelVersion = modelVersion
        self.allowRemote = allowRemote
        self.surpriseRate = surpriseRate
        self.createItems = createItems
    }

    /// Checks that the service may start like this.
    ///
    /// - Throws: ``ServiceError`` with the code `setting` or `remoteAddress`.
    package func validate() throws(ServiceError) {
        guard (0...65_535).contains(port) else {
            throw ServiceError(.setting, "port is \(port). Use a number from 0 to 65535.")
        }
        guard (0...1).contains(surpriseRate) else {
            throw ServiceError(
                .setting, "The surprise rate is \(surpriseRate). Use a number from 0 to 1.")
        }
        guard !host.isEmpty else {
            throw ServiceError(.setting, "The host is empty. Use 127.0.0.1.")
        }
        guard allowRemote || Self.isLoopback(host) else {
            throw ServiceError(
                .remoteAddress,
                "\(host) can be reached by other machines, and this version has no API keys: "
                    + "everybody there could read and change all twins. Listen on 127.0.0.1, or "
                    + "allow remote access if a proxy that checks keys stands before the service.")
        }
    }

    /// Whether a host's name or address can only be this machine.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (48...57).contains($0) } && UInt8(part) != nil
            }
    }
}
