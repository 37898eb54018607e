import Foundation
import PropertyGraph
import Shop
import Synchronization
import TestSupport
import Testing
import TextFiles
import TwinFixtures

@testable import ShopFormats
@testable import TwinStorage

/// Customers are known by pseudonym alone (S4-07).
@Suite struct PseudonymTests {
    /// Keys, ids and the pseudonyms and fingerprints that another implementation of HMAC-SHA-256
    /// (Python's `hmac`) makes of them.
    static let vectors: [([UInt8], String, String, String)] = [
        (testKey, "ann@example.com", "12d1b0c8feb0a2888869db34f5e4c311", "757c0fb1caa46fc4"),
        (
            [UInt8](repeating: 0x0B, count: 32), "42", "f8656dbc233531733f5c8554078ac63b",
            "800fc9b97caac792"
        ),
        (
            [UInt8](repeating: 0xAA, count: 32), "Zoë 日本", "e69f6bcba95fb7a6883e3692e363a340",
            "f3ae15cf48f380a4"
        ),
    ]

    @Test(arguments: vectors)
    func pseudonymsAreThoseOfAnotherImplementation(
        _ key: [UInt8], _ id: String, _ pseudonym: String, _ fingerprint: String
    ) throws {
        let pseudonymizer = try Pseudonymizer(key: key)
        #expect(pseudonymizer.pseudonym(of: id) == pseudonym)
        #expect(pseudonymizer.fingerprint == fingerprint)
    }

    @Test func idsAndKeysAreToldApart() throws {
        let one = try Pseudonymizer(key: testKey)
        let other = try Pseudonymizer(key: testKey.reversed())
        let ids = (0..<1000).map { "user\($0)" } + ["", " ", "user0 ", "USER0"]
        #expect(Set(ids.map(one.pseudonym)).count == ids.count)
        for id in ids { #expect(one.pseudonym(of: id) != other.pseudonym(of: id)) }
        #expect(one.fingerprint != other.fingerprint)
    }

    @Test(arguments: [0, 1, 16, 31, 33, 64]) func keysHave32Bytes(_ count: Int) {
        let error = twinsError { _ = try Pseudonymizer(key: [UInt8](repeating: 1, count: count)) }
        #expect(error?.code == .key)
        #expect(error?.description == "A pseudonym key has 32 bytes, this one \(count).")
    }
}

/// Where keys are kept, and for whom.
@Suite struct KeyFileTests {
    private let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

    private func read(
        _ path: String, create: Bool = false, environment: [String: String] = [:]
    ) throws -> Pseudonymizer {
        try Pseudonymizer(keyFile: path, environment: environment, create: create)
    }

    private func setMode(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func aNewKeyIsForItsOwnerAlone() throws {
        let folder = try TemporaryFolder()
        let path = folder("keys/shop.key")
        let made = try read(path, create: true)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let mode = try #require(attributes[.posixPermissions] as? NSNumber)
        #expect(mode.intValue & 0o777 == 0o600)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.utf8.count == 65 && text.hasSuffix("\n"))
        #expect(text.dropLast().allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect(try read(path).fingerprint == made.fingerprint)
        // Another call leaves it as it is, and another file has another key.
        #expect(try read(path, create: true).fingerprint == made.fingerprint)
        #expect(try read(folder("b.key"), create: true).fingerprint != made.fingerprint)
    }

    /// First starts at the same time: whoever comes first makes the key, and all have that one.
    @Test(arguments: 0..<20) func manyFirstStartsHaveOneKey(round: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder("keys/shop.key")
        let found = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let fingerprint: String
            do {
                fingerprint = try read(path, create: true).fingerprint
            } catch {
                fingerprint = "\(error)"
            }
            found.withLock { $0.append(fingerprint) }
        }
        let kept = try read(path).fingerprint
        #expect(found.withLock { Set($0) } == [kept])
        let manager = FileManager.default
        #expect(try manager.contentsOfDirectory(atPath: folder("keys")) == ["shop.key"])
        let attributes = try manager.attributesOfItem(atPath: folder("keys"))
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
    }

    /// One that was slow between looking for a key and making one.
    @Test func aKeyThatWasMadeMeanwhileIsKept() throws {
        let folder = try TemporaryFolder()
        let path = folder("shop.key")
        let slow = try AtomicFile(path, .new)
        try slow.write(String(repeating: "0", count: 64).utf8)
        let quick = try read(path, create: true).fingerprint
        #expect(throws: FileError.self) { try slow.commit() }
        #expect(try read(path, create: true).fingerprint == quick)
    }

    @Test func keysAreReadInEitherCaseWithBlanksAround() throws {
        let folder = try TemporaryFolder()
        for text in [digits, digits.uppercased(), " \(digits)\r\n\n"] {
            let path = try folder.file(text, name: "key")
            try setMode(0o600, path)
            #expect(try read(path).fingerprint == "757c0fb1caa46fc4")
        }
    }

    @Test func aMissingKeySaysWhatToDo() throws {
        let folder = try TemporaryFolder()
        let path = folder("store.key")
        let error = twinsError { _ = try read(path) }
        #expect(error?.code == .key)
        #expect(
            error?.description
                == "The pseudonym key \(path) is missing, and without it this store cannot tell "
                + "its customers. Put the file back, or set FORETWIN_KEY.")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o660, 0o601, 0o777])
    func keysOpenToOthersAreRefused(_ mode: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(digits, name: "key")
        try setMode(mode, path)
        let error = twinsError { _ = try read(path) }
        #expect(error?.description == "The key \(path) is open to others. Run: chmod 600 \(path)")
        try setMode(0o400, path)
        _ = try read(path)
    }

    @Test(arguments: ["", "00", "zz", "00 01", "ä"])
    func otherContentIsRefused(_ text: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(text, name: "key")
        try setMode(0o600, path)
        let error = twinsError { _ = try read(path) }
        #expect(error?.code == .key)
        #expect(
            error?.description == "\(path) must hold 64 hexadecimal digits and no more.")
        let long = twinsError {
            _ = try read(path, environment: ["FORETWIN_KEY": digits + "0"])
        }
        #expect(
            long?.description == "FORETWIN_KEY must hold 64 hexadecimal digits and no more.")
    }

    @Test func theEnvironmentGoesBeforeTheFile() throws {
        let folder = try TemporaryFolder()
        let path = folder("key")
        let environment = ["FORETWIN_KEY": digits]
        #expect(
            try read(path, create: true, environment: environment).fingerprint
                == "757c0fb1caa46fc4")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func theKeyLiesBesideTheStore() {
        #expect(TwinStore.keyFile(forStore: "/data/shop") == "/data/shop.key")
        #expect(TwinStore.keyFile(forStore: "/data/shop/") == "/data/shop.key")
        #expect(TwinStore.keyFile(forStore: "/data/x/../shop") == "/data/shop.key")
    }

    @Test func aStoreRefusesAnotherKey() throws {
        let folder = try TemporaryFolder()
        do {
            let shop = try TestStore(folder: folder)
            try shop.append(event(.view, "i", 0))
        }
        let error = twinsError { _ = try TestStore(folder: folder, key: testKey.reversed()) }
        #expect(error?.code == .key)
        #expect(
            error?.description
                == "The store at \(folder("store")) was made with another pseudonym key. Give the "
                + "key file that it was made with, or set FORETWIN_KEY.")
        #expect(try TestStore(folder: folder).twin().eventCount == 1)
    }
}

/// What must never be found on disk, by scanning the bytes of the database.
@Suite struct NothingPersonalOnDiskTests {
    private func ingest(_ text: String) throws -> TestStore {
        let shop = try TestStore()
        let path = try shop.folder.file(text)
        let report = try Ingestor(into: shop.store).ingest(EventReader(path: path))
        #expect(report.rejectedCount == 0)
        return shop
    }

    @Test func rawUserIDsAreNowhere() throws {
        let ids =
            (0..<50).map { "customer.\($0)@mail.example" } + ["+43 660 1234567", "Zoë Müller"]
        let rows = ids.map { "\($0),item-marker,view,1772359200,session-marker" }
        let shop = try ingest(
            "user_id,item_id,type,timestamp,session_id\n" + rows.joined(separator: "\n"))
        #expect(try shop.store.twinCount() == ids.count)
        // The scan does find what is stored.
        #expect(try shop.dataContains("item-marker"))
        #expect(try shop.dataContains("session-marker"))
        #expect(try shop.dataContains(shop.store.pseudonymizer.pseudonym(of: ids[0])))
        for id in ids { #expect(try !shop.dataContains(id), "\(id)") }
        #expect(try !shop.dataContains("@mail.example"))
        let key = Data(testKey)
        let data = try Data(contentsOf: URL(fileURLWithPath: shop.folder("store/data.mdb")))
        #expect(data.range(of: key) == nil)
    }

    @Test func rejectedAndRepeatedEventsLeaveNoIDsEither() throws {
        let shop = try TestStore()
        let secret = "secret.person@mail.example"
        try shop.append(event(.view, "a", 0, user: secret, id: "1"))
        try shop.append(
            event(.view, "a", 0, user: secret, id: "1"),
            event(.view, "b", 0, user: secret, id: "1"),
            event(.view, "unknown", 5, user: secret, id: "2"), createItems: false)
        #expect(try !shop.dataContains(secret))
    }

    @Test(arguments: [
        "lat", "latitude", "LON", "lng", "long", "Longitude", "geo", "gps", "coordinates", "ip",
        "IP Address", "ip_address", "user-ip", "client_ip", "address", "street", "zip", "Zip Code",
        "zipcode", "postcode", "postal_code", "email", "E-Mail", "user_email", "phone",
    ])
    func columnsFinerThanACityAreDropped(_ column: String) throws {
        let shop = try ingest(
            """
            user_id,item_id,type,timestamp,city,\(column),channel
            u,i,view,1772359200,Wien,marker48.2082,kept-marker
            """)
        #expect(try shop.dataContains("Wien"))
        #expect(try shop.dataContains("kept-marker"))
        #expect(try !shop.dataContains("marker48.2082"))
        #expect(try shop.log().first?.properties == ["channel": "kept-marker"])
        let json = try ingest(
            """
            {"user_id":"u","item_id":"i","type":"view","timestamp":1,"\(column)":"marker48.2082"}
            """.replacingOccurrences(of: ":1,", with: ":1772359200,"))
        #expect(try !json.dataContains("marker48.2082"))
    }

    @Test(arguments: [
        "48.2082;16.3738", "48.2082 16.3738", "+48.2 -16.3", "48,2082", "1010", "48°12' 16°22'",
        "48°12′29″N 16°22′25″E", "48.2082N 16.3738E", "N48.2 E16.3", "POINT(16.37 48.2)",
        "geo:48.2082;16.3738", "192.168.17.5", "lat=48.2 lon=16.4",
    ])
    func placesFinerThanACityAreDropped(_ place: String) throws {
        let shop = try ingest(
            "user_id,item_id,type,timestamp,location\nu,i,view,1772359200,\"\(place)\"")
        #expect(try shop.log().first?.city == nil)
        #expect(try shop.twin().city == nil)
        #expect(try !shop.dataContains(place))
    }

    @Test(arguments: [
        "Wien", "St. Pölten", "'s-Hertogenbosch", "10th of Ramadan City", "東京", "Al ‘Ayn",
        "Frankfurt a.M.", "São Paulo",
    ])
    func citiesStay(_ city: String) throws {
        let shop = try ingest(
            "user_id,item_id,type,timestamp,location\nu,i,view,1772359200,\(city)")
        #expect(try shop.twin().city == city)
    }

    @Test func theErasedWordsOfErrorsHoldNoIDs() throws {
        let shop = try TestStore()
        let secret = "secret.person@mail.example"
        let long = String(repeating: "x", count: 401)
        let error = #expect(throws: GraphError.self) {
            try shop.append(event(.view, long, 0, user: secret))
        }
        #expect(error?.description.contains(secret) == false)
        #expect(error?.description.contains(long) == false)
    }
}
