/// Detects names and values of columns with personal data, which no store keeps.
///
/// Names are compared word by word, so that `shipping`, `latest` and `flat` do not match `ip` and
/// `lat`. A doubtful column is dropped: a user sees that it was dropped and can rename it, but
/// personal data that were stored cannot be taken back.
enum PersonalData {
    /// Whether the name of a column means personal data.
    static func isName(_ name: String) -> Bool {
        // Longer names are rejected anyway.
        guard name.utf8.count <= 256 else { return false }
        let words = words(of: name)
        guard let first = words.first, let last = words.last else { return false }
        if words.count > 1, flags.contains(first) { return false }
        if joined.contains(words.joined()) { return true }
        let hasOpen = words.contains { open.contains($0) }
        if hasOpen { return true }
        if describing.contains(last) { return false }
        if words.contains(where: { named.contains($0) }) { return true }
        return zip(words, words.dropFirst()).contains { pairs[$0]?.contains($1) == true }
            || (last == "ip" || last == "mobile" || last == "card")
                && (words.count == 1 || owners.contains(words[words.count - 2]))
    }

    /// Whether a value looks like an e-mail address, an IP address, an IBAN or coordinates.
    ///
    /// - Complexity: O(bytes).
    static func isValue(_ text: String) -> Bool {
        let bytes = Array(text.utf8)[...]
        return hasMailAddress(bytes) || isInternetAddress(trimmed(bytes)) || isIBAN(trimmed(bytes))
            || isCoordinates(trimmed(bytes))
    }

    // MARK: Names

    /// First words of names whose values are yes and no.
    private static let flags: Set<String> = ["is", "has", "was"]

    /// Names that are often written as one word.
    private static let joined: Set<String> = [
        "long", "dob", "emailaddress", "mailaddress", "useremail", "customeremail", "phonenumber",
        "mobilenumber", "mobilephone", "cellphone", "telephonenumber", "firstname", "lastname",
        "fullname", "middlename", "givenname", "familyname", "maidenname", "username", "nickname",
        "customername", "recipientname", "contactname", "birthdate", "birthday", "dateofbirth",
        "placeofbirth", "yearofbirth", "ibannumber", "cardnumber", "creditcard", "debitcard",
        "creditcardnumber", "cardholder", "ipaddress", "ipaddr", "ipv", "clientip",
        "userip", "remoteip", "sourceip", "remoteaddr", "remoteaddress", "macaddress", "latlng",
        "latlon", "latlong", "lnglat", "lonlat", "geolocation", "geopoint", "geohash", "postalcode",
        "postcode", "zipcode", "housenumber", "housenr", "houseno", "streetaddress", "streetname",
        "deviceid", "deviceuuid", "devicename", "deviceuid", "devicetoken", "useragent",
        "advertisingid", "passportnumber", "taxid", "forwardedfor", "xforwardedfor",
    ]

    /// Words that are personal at any position in a name.
    private static let open: Set<String> = [
        "iban", "ssn", "msisdn", "imei", "imsi", "idfa", "gaid", "birth", "birthdate", "birthday",
        "dob", "surname", "forename", "firstname", "lastname", "fullname", "latitude", "longitude",
        "lat", "lon", "lng", "latlng", "latlon", "gps", "geo", "geohash", "geolocation", "coord",
        "coords", "coordinate", "coordinates", "postal", "postcode", "postalcode", "zipcode",
        "housenumber", "ipaddress", "ipaddr", "useragent", "passport", "vorname",
        "nachname", "geburtsdatum", "geburtstag", "strasse", "straße", "hausnummer", "plz",
        "postleitzahl", "telefon", "telefonnummer",
    ]

    /// Words that are personal unless the last word of the name is in `describing`.
    private static let named: Set<String> = [
        "mail", "mails", "email", "emails", "phone", "phones", "telephone", "cellphone", "tel",
        "fax", "addr", "address", "addresses", "adresse", "zip", "device", "username", "street",
    ]

    /// Last words of names whose values describe a kind and not a person.
    private static let describing: Set<String> = [
        "type", "kind", "category", "class", "brand", "model", "case", "os", "platform", "campaign",
        "template", "subject", "count", "status", "consent", "rating",
        "style",
    ]

    /// Words that are personal before certain other words.
    private static let pairs: [String: Set<String>] = [
        "first": ["name"], "last": ["name"], "sur": ["name"], "full": ["name"], "middle": ["name"],
        "given": ["name"], "family": ["name"], "maiden": ["name"], "nick": ["name"],
        "user": ["name", "agent"], "customer": ["name"], "recipient": ["name"],
        "contact": ["name"], "holder": ["name"], "browser": ["agent"],
        "mobile": ["number", "no", "nr", "phone"], "cell": ["number", "phone"],
        "card": ["number", "no", "nr", "num", "pan", "holder", "cvc", "cvv", "expiry", "id"],
        "credit": ["card"], "debit": ["card"], "house": ["number", "no", "nr"],
        "post": ["code"], "ip": ["address", "addr", "v", "hash"], "mac": ["address", "addr"],
        "tax": ["id"], "advertising": ["id"],
    ]

    /// Words before `ip`, `mobile` and `card` that name an owner.
    private static let owners: Set<String> = [
        "user", "client", "customer", "remote", "source", "src", "request", "server", "host",
        "visitor", "session", "peer", "my", "contact", "payment", "bank", "login", "last", "x",
        "forwarded", "real",
    ]

    /// The words of a name in lower case, without digits at their ends: `userIP2` is `user`, `ip`.
    static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        let letters = Array(name)
        for (index, letter) in letters.enumerated() {
            guard letter.isLetter || letter.isNumber else {
                words.append(word)
                word = ""
                continue
            }
            if letter.isUppercase, let before = word.last {
                let next = index + 1 < letters.count ? letters[index + 1] : " "
                // A capital begins a word after a small letter, and before one: `userIPAddress`.
                if !before.isUppercase || next.isLowercase {
                    words.append(word)
                    word = ""
                }
            }
            word.append(letter)
        }
        words.append(word)
        return words.map { word in
            let lower = word.lowercased()
            return String(lower.reversed().drop(while: \.isNumber).reversed())
        }.filter { !$0.isEmpty }
    }

    // MARK: Values

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop { $0 == 0x20 }
        while bytes.last == 0x20 { bytes.removeLast() }
        return bytes
    }

    /// Whether a mail address is anywhere in a text: `@` with a name before and a domain after it.
    private static func hasMailAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            let domain = bytes[(at + 1)...].prefix { isWord($0) || $0 == dot || $0 == minus }
            let labels = domain.split(separator: dot)
            if at > bytes.startIndex, isWord(bytes[at - 1]), labels.count >= 2,
                let last = labels.last, last.count >= 2, last.allSatisfy(isWord)
            {
                return true
            }
            rest = bytes[(at + 1)...]
        }
        return false
    }

    /// Whether a text is an IPv4 address, also with a port, or an IPv6 address, also in brackets.
    private static func isInternetAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count <= 64 else { return false }
        var address = bytes
        if address.first == UInt8(ascii: "[") {
            guard let end = address.firstIndex(of: UInt8(ascii: "]")) else { return false }
            return isIPv6(address[(address.startIndex + 1)..<end])
        }
        // The length of a network's prefix, and a zone, do not matter.
        address = address.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "%") }
        if isIPv6(address) { return true }
        let parts = address.split(separator: colon, omittingEmptySubsequences: false)
        return parts.count <= 2 && isIPv4(parts[0])
            && (parts.count == 1 || number(parts[1], max: 65_535))
    }

    private static func isIPv4(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: dot, omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { number($0, max: 255) }
    }

    private static func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
        let groups = bytes.split(separator: colon, omittingEmptySubsequences: false)
        guard (3...9).contains(groups.count) else { return false }
        var count = groups.count
        var empty = 0
        for (index, group) in groups.enumerated() {
            if group.isEmpty {
                // A double colon at an end makes two empty parts; only one of them counts.
                let isEnd = index == 0 || index == groups.count - 1
                if !isEnd { empty += 1 }
                continue
            }
            if index == groups.count - 1, isIPv4(group) {
                count += 1
                continue
            }
            guard group.count <= 4, group.allSatisfy(isHexadecimal) else { return false }
        }
        let hasGroup = groups.contains { !$0.isEmpty }
        let hasLooseEnd =
            (groups[0].isEmpty && !groups[1].isEmpty)
            || (groups[groups.count - 1].isEmpty && !groups[groups.count - 2].isEmpty)
        return hasGroup && !hasLooseEnd && (empty == 1 || (empty == 0 && count == 8))
    }

    /// Whether a text is an IBAN with valid check digits, with or without blanks (ISO 13616).
    private static func isIBAN(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard (15...42).contains(bytes.count) else { return false }
        let marks = bytes.filter { $0 != 0x20 }
        guard (15...34).contains(marks.count), marks[0..<2].allSatisfy(isLetter),
            marks[2..<4].allSatisfy(isDigit), marks.allSatisfy({ isLetter($0) || isDigit($0) })
        else { return false }
        var remainder = 0
        for mark in marks[4...] + marks[..<4] {
            if isDigit(mark) {
                remainder = (remainder * 10 + Int(mark) - 48) % 97
            } else {
                remainder = (remainder * 100 + Int(mark | 0x20) - 87) % 97
            }
        }
        return remainder == 1
    }

    /// Whether a text is a pair of degrees: two numbers with three or more decimals each, or
    /// degrees with a point of the compass.
    private static func isCoordinates(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count <= 64 else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.unicodeScalars.contains("°"), bytes.contains(where: isDigit),
            let last = bytes.last, "NSEWOnsewo".utf8.contains(last)
        {
            return true
        }
        let inner = bytes.drop { !isDigit($0) && $0 != minus && $0 != UInt8(ascii: "+") }
        let separators: Set<UInt8> = [0x20, comma, UInt8(ascii: ";"), UInt8(ascii: "/")]
        let numbers = inner.split { separators.contains($0) || $0 == UInt8(ascii: ")") }
        guard numbers.count == 2 || numbers.count == 3 else { return false }
        let degrees = numbers.prefix(2).map(degrees)
        guard let first = degrees[0], let second = degrees[1] else { return false }
        return first <= 180 && second <= 180 && (first <= 90 || second <= 90)
    }

    /// The size of a number with three or more decimals.
    private static func degrees(_ bytes: ArraySlice<UInt8>) -> Double? {
        guard let point = bytes.firstIndex(of: dot), bytes.endIndex - point > 3 else { return nil }
        return DecimalText.parse(String(decoding: bytes, as: UTF8.self)).map(abs)
    }

    private static func number(_ bytes: ArraySlice<UInt8>, max: Int) -> Bool {
        guard (1...5).contains(bytes.count), bytes.allSatisfy(isDigit) else { return false }
        return bytes.reduce(0) { $0 * 10 + Int($1) - 48 } <= max
    }

    private static let dot = UInt8(ascii: ".")
    private static let comma = UInt8(ascii: ",")
    private static let colon = UInt8(ascii: ":")
    private static let minus = UInt8(ascii: "-")

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (65...70).contains(byte & 0xDF)
    }
    /// Letters, digits, and all bytes of letters beyond ASCII.
    private static func isWord(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte >= 0x80
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+")
    }
}
