import Foundation
import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

/// Columns and values that tell who or where a person is (S4-12).
@Suite struct PersonalDataTests {
    static let personal = [
        "email", "E-Mail", "email_address", "emailAddress", "mail", "userEmail", "phone",
        "phone_number", "phoneNumber", "mobile", "user_mobile", "tel", "cellPhone", "first_name",
        "surname", "lastName", "fullName", "full name", "user-name", "birthdate", "dateOfBirth",
        "birth_year", "iban", "IBAN", "card_number", "cardNumber", "creditCard", "ip", "ipAddress",
        "IPAddress", "userIP", "client_ip", "remote_addr", "ipv4", "ip_v6", "address",
        "billing_address", "streetAddress", "street", "lat", "latitude", "lat_lng", "location_lat",
        "geo_lon", "lng", "long", "LON", "gps", "geo", "coordinates", "postalCode", "post_code",
        "zip", "zip_code", "ZIP", "shipping_zip", "house_number", "houseNumber", "user_agent",
        "userAgent", "device", "device_id", "deviceId", "address_2", "email2", "Vorname", "plz",
        "x-forwarded-for",
    ]
    static let harmless = [
        "shipping", "latest", "flat", "skip", "zipper", "category_name", "item_name", "brand",
        "channel", "campaign", "shelf", "color", "is_mobile", "has_email", "mobile_app",
        "device_type", "device_os", "email_campaign", "phone_case", "card_type", "gift_card",
        "ip_rating", "long_sleeve", "description", "discard", "recipe", "chip", "translation",
        "platform", "emailed", "headphones", "hotel", "discount", "name", "size", "agent",
        "longest", "language", "geometry", "addressed", "tip", "", "_", "2", "price_list",
    ]

    @Test(arguments: personal) func namesOfPersonalColumnsAreDropped(_ name: String) {
        #expect(EventField(name: name) == .dropped(name))
    }

    @Test(arguments: harmless) func otherNamesAreKept(_ name: String) {
        #expect(EventField(name: name) == .property(name))
    }

    @Test(arguments: UInt64(0)..<20) func theWayANameIsWrittenDoesNotMatter(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for (names, isPersonal) in [(Self.personal, true), (Self.harmless, false)] {
            for name in names {
                let words = PersonalData.words(of: name)
                guard !words.isEmpty else { continue }
                let written = [
                    words.joined(separator: "_"), words.joined(separator: "-"),
                    words.joined(separator: "."), words.joined(separator: "_").uppercased(),
                    words[0] + words.dropFirst().map(\.capitalized).joined(),
                    words.map(\.capitalized).joined(separator: " "),
                ][generator.below(6)]
                #expect(PersonalData.isName(written) == isPersonal, "\(written), seed \(seed)")
            }
        }
    }

    @Test func namesAreTakenApart() {
        let names: [(String, [String])] = [
            ("userIPAddress2", ["user", "ip", "address"]), ("e-Mail", ["e", "mail"]),
            ("lat_lng", ["lat", "lng"]), ("HTTPStatus", ["http", "status"]), ("__", []),
            ("ABC", ["abc"]), ("größeNeu", ["größe", "neu"]),
        ]
        for (name, words) in names { #expect(PersonalData.words(of: name) == words, "\(name)") }
    }

    @Test(arguments: [
        "ann@mail.example", "write to ann.b+c@mail.example, please", "<ann@mail.example>",
        "198.51.100.77", "198.51.100.77:8080", "10.0.0.0/8", "2001:db8:0:1::77", "::1",
        "[2001:db8::1]:443", "fe80::1%eth0", "::ffff:198.51.100.7", "2001:db8:1:2:3:4:5:6",
        "DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "AT611904300234573201",
        "48.2082,16.3738", "48.2082; 16.3738", "-33.8688 151.2093", "POINT(16.3738 48.2082)",
        "geo:48.2082,16.3738", "48°12'30\"N",
    ])
    func personalValuesAreDropped(_ value: String) throws {
        #expect(PersonalData.isValue(value))
        var builder = EventBuilder()
        try builder.set(.property("note"), value)
        try builder.set(.property("color"), "red")
        try builder.set(.userID, "u")
        try builder.set(.itemID, "i")
        try builder.set(.type, "view")
        try builder.set(.timestamp, "1772359200")
        #expect(builder.dropped == ["note"])
        #expect(try builder.build().properties == ["color": "red"])
    }

    @Test(arguments: [
        "red", "12.5", "48.2083", "1,5", "12.50, 13.20", "10:15:30", "2026-03-01T10:15:30Z",
        "1.2.3", "256.1.1.1", "1.2.3.4.5", "@home", "a@b", "5 @ 3.50", "30°C", "wash at 30°",
        "DE89370400440532013001", "ABCDEFGHIJKLMNOP", "::", ":", "a:b:c", "1:2:3:4:5:6:7",
        "https://shop.example/a", "2.5x3.5", "", " ", "200.125,300.250",
    ])
    func otherValuesAreKept(_ value: String) {
        #expect(!PersonalData.isValue(value))
    }

    @Test func aCityThatIsAnAddressIsLeftOut() throws {
        var builder = EventBuilder()
        try builder.set(.city, "ann@mail.example")
        #expect(builder.dropped == ["city"])
    }

    @Test func readersCountWhatTheyDrop() throws {
        let folder = try TemporaryFolder()
        var reader = try EventReader(
            path: try folder.file(
                """
                user_id,item_id,type,timestamp,city,email,note,shelf
                u,i,view,1772359200,Wien,a@b.example,,top
                u,i,view,1772359201,1010,,198.51.100.7,top
                u,i,view,1772359202,Graz,c,fine,top
                u,i,stare,1772359203,Graz,d,fine,top
                """))
        while try reader.next() != nil {}
        #expect(reader.droppedCounts == ["email": 2, "city": 1, "note": 1])
        let keys = (0..<150).map { number in
            "{\"user_id\":\"u\",\"item_id\":\"i\",\"type\":\"view\",\"timestamp\":1772359200,"
                + "\"email\(number)x\":\"a\",\"k\(number) mail\":\"a\"}\n"
        }
        var lines = try EventReader(path: try folder.file(keys.joined(), name: "b"))
        while try lines.next() != nil {}
        #expect(lines.droppedCounts.count <= 101)
        #expect(lines.droppedCounts.values.reduce(0, +) == 150)
    }
}
