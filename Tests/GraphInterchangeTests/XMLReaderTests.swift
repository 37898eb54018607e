import Foundation
import TestSupport
import Testing

@testable import GraphInterchange

/// The XML that is read, and that which is not.
@Suite struct XMLReaderTests {
    private func events(_ text: String) throws -> [String] {
        let workshop = try Workshop()
        try workshop.write(text, to: "x.xml")
        var reader = try XMLReader(path: workshop.path("x.xml"))
        var events: [String] = []
        while let event = try reader.next() {
            switch event {
            case .start(let name, let attributes):
                let list = attributes.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
                events.append("<" + name + list.joined() + ">")
            case .text(let text): events.append(text)
            case .end(let name): events.append("</" + name + ">")
            }
        }
        return events
    }

    private func fault(_ text: String) throws -> String? {
        do {
            _ = try events(text)
            return nil
        } catch let fault as Fault {
            return fault.text
        }
    }

    @Test(arguments: [
        ("<a/>", ["<a>", "</a>"]), ("<a></a>", ["<a>", "</a>"]), ("<a />", ["<a>", "</a>"]),
        ("<a>x</a >", ["<a>", "x", "</a>"]), ("\u{FEFF}<a/>", ["<a>", "</a>"]),
        ("<?xml version='1.0'?>\n<!-- -- > -->\n<a/>\n", ["<a>", "</a>"]),
        ("<a b=\"1\" c='2'/>", ["<a b=1 c=2>", "</a>"]),
        ("<a\n b = '\"'\t/>", ["<a b=\">", "</a>"]),
        ("<a><b/>t<b>u</b></a>", ["<a>", "<b>", "</b>", "t", "<b>", "u", "</b>", "</a>"]),
        ("<a>&lt;&gt;&amp;&quot;&apos;</a>", ["<a>", "<>&\"'", "</a>"]),
        ("<a>&#65;&#x42;&#x10FFFF;&#xd;</a>", ["<a>", "AB\u{10FFFF}\r", "</a>"]),
        ("<a>1\r\n2\r3\n</a>", ["<a>", "1\n2\n3\n", "</a>"]),
        ("<a b='1\r\n2\t3'/>", ["<a b=1 2 3>", "</a>"]),
        ("<a b='1&#13;&#10;&#9;'/>", ["<a b=1\r\n\t>", "</a>"]),
        ("<a><![CDATA[<&]]]]><![CDATA[>]]></a>", ["<a>", "<&]]", ">", "</a>"]),
        ("<x:a xmlns:x='u' x:b='1'></x:a>", ["<a b=1 xmlns:x=u>", "</a>"]),
        ("<ä ö='ü'>日本</ä>", ["<ä ö=ü>", "日本", "</ä>"]),
        ("<a>x<?y > ?>z</a>", ["<a>", "x", "z", "</a>"]),
    ])
    func elementsAreRead(_ text: String, _ expected: [String]) throws {
        let found = try events(text)
        #expect(found.map(exact) == expected.map(exact))
    }

    private static let malformed =
        "this is not well-formed XML; export the file again or correct it."
    private static let cutOff = "the file ends before its elements do; it was cut off."
    private static let unsafe =
        "the file has a document type or entities, which are refused as unsafe; "
        + "remove the <!…> declaration."

    @Test(arguments: [
        ("", cutOff), ("  \n", cutOff), ("<a>", cutOff), ("<a><b></b>", cutOff), ("<a>x", cutOff),
        ("<a><!-- ", cutOff), ("<?xml", cutOff), ("<a", malformed), ("<a b", malformed),
        ("<a b=", malformed), ("<a b=1>", malformed), ("<a b='1", malformed), ("<", malformed),
        ("<a b='<'/>", malformed), ("<a b='1'c='2'/>", malformed), ("<a / >", malformed),
        ("< a/>", malformed), ("<a>&</a>", malformed), ("<a>& </a>", malformed),
        ("<a>&#0;</a>", malformed), ("<a>&#x1F;</a>", malformed), ("<a>&#xD800;</a>", malformed),
        ("<a>&#xFFFF;</a>", malformed), ("<a>&#x110000;</a>", malformed),
        ("<a>&#99999999999;</a>", malformed), ("<a>&#;</a>", malformed),
        ("<a>&#-1;</a>", malformed),
        ("<a>&#00000000000000000000065;</a>", malformed), ("<![CDATA[x]]><a/>", malformed),
        ("<a></b>", "an element is closed that is not the last opened; correct it."),
        ("</a>", "an element is closed that is not the last opened; correct it."),
        ("<a/><b/>", "there is a second outermost element; keep one."),
        ("x<a/>", "there is text outside of all elements; remove it."),
        ("<a/>x", "there is text outside of all elements; remove it."),
        ("<a b='1' b='2'/>", "an element has an attribute twice; keep one of them."),
        ("<a>&nbsp;</a>", "there is an entity that XML itself does not have; replace it."),
        ("<!DOCTYPE a><a/>", unsafe), ("<!ENTITY x 'y'><a/>", unsafe), ("<!doctype a><a/>", unsafe),
    ])
    func otherTextIsRefused(_ text: String, _ expected: String) throws {
        #expect(try fault(text) == expected)
    }

    @Test func aBillionLaughsAreRefused() throws {
        var text = "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n<!ENTITY lol \"lol\">\n"
        for level in 1...9 {
            let before = level == 1 ? "lol" : "lol\(level - 1)"
            let ten = String(repeating: "&\(before);", count: 10)
            text += "<!ENTITY lol\(level) \"\(ten)\">\n"
        }
        text += "]>\n<graphml>&lol9;</graphml>\n"
        let found = try Workshop().complaint(about: text, .graphML)
        #expect(found == "FILE, line 2: " + Self.unsafe)
    }

    @Test func externalEntitiesAreRefusedUnread() throws {
        let workshop = try Workshop()
        try workshop.write("secret", to: "secret.txt")
        let text =
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file://\(workshop.path("secret.txt"))\">]>"
            + "<graphml>&x;</graphml>"
        #expect(try workshop.complaint(about: text, .graphML) == "FILE, line 1: " + Self.unsafe)
    }

    @Test func depthAndAttributesAreBounded() throws {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(try fault(deep) == "elements are nested more than 32 deep; no graph needs that.")
        let wide = "<a " + (0..<65).map { "a\($0)='' " }.joined() + "/>"
        #expect(try fault(wide) == "an element has more than 64 attributes; remove some.")
    }

    @Test func textsAreBounded() throws {
        let long = String(repeating: "x", count: Interchange.lineByteCountMax + 1)
        for text in ["<a>\(long)</a>", "<a b='\(long)'/>", "<!--\(long)--><a/>"] {
            #expect(
                try fault(text) == "a record has more than 16777216 bytes; shorten it.")
        }
    }

    @Test func namesAreBounded() throws {
        let fitting = String(repeating: "x", count: 1024)
        #expect(try events("<\(fitting)/>").count == 2)
        #expect(try fault("<\(fitting)x/>") == Self.malformed)
        #expect(try fault("<a \(fitting)x=''/>") == Self.malformed)
    }

    @Test func badUTF8IsRefused() throws {
        let bytes = Array("<graphml><!-- ok -->".utf8) + [0xFF] + Array("</graphml>".utf8)
        let found = try Workshop().complaint(aboutBytes: bytes, .graphML)
        #expect(
            found == "FILE, line 1: there are bytes that are not UTF-8; save the file as UTF-8.")
    }

    /// No bytes, made or cut at random, do anything but give events or a fault.
    @Test(arguments: UInt64(0)..<20) func randomBytesNeverTrap(seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "<", ">", "/", "a", "=", "'", "\"", "&", ";", "#", "x", "!", "-", "[", "]", "?", " ",
            "<a>", "</a>", "<a b='c'>", "&amp;", "<!--", "-->", "<![CDATA[", "\u{FF}", "\n",
        ]
        for _ in 0..<50 {
            let text = (0..<generator.below(30)).map { _ in generator.pick(pieces) }.joined()
            try workshop.write(text, to: "r.xml")
            var reader = try XMLReader(path: workshop.path("r.xml"))
            var events = 0
            do {
                while try reader.next() != nil { events += 1 }
            } catch {
                #expect(!error.text.isEmpty, "seed \(seed)")
            }
            #expect(events <= 2 * text.utf8.count, "seed \(seed)")
        }
    }
}
