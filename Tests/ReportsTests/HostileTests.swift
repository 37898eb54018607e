import Foundation
import Testing

@testable import Reports

@Suite struct HostileTests {
    private static let tame = Result {
        let world = try World.plain.get()
        let report = try world.report("customer-0001", named: "Tame", paths: 5)
        return try ReportPage(
            title: "Tame", customers: [report, report], metrics: world.metrics
        ).html()
    }

    @Test(arguments: World.hostile) func escapesANameWhereverItStands(_ name: String) throws {
        let world = try World.plain.get()
        let report = try world.report("customer-0001", named: name, paths: 5)
        let page = ReportPage(title: name, customers: [report, report], metrics: world.metrics)
        let html = try page.html()
        let reader = PageReader(html)
        // A page of the same parts with a harmless name has the same elements.
        let other = PageReader(try Self.tame.get())
        #expect(reader.elements.map(\.name) == other.elements.map(\.name))
        #expect(
            reader.elements.map { $0.attributes.keys.sorted() }
                == other.elements.map { $0.attributes.keys.sorted() })
    }

    @Test func survivesAShopOfHostileNames() throws {
        let world = try World.evil.get()
        for customer in ["customer-0001", "customer-0002", "customer-0003"] {
            let html = try world.report(customer, named: World.hostile[1]).html()
            let reader = PageReader(html)
            let known: Set = [
                "html", "head", "meta", "title", "style", "body", "header", "main", "footer",
                "section", "div", "p", "em", "strong", "span", "bdi", "code", "h1", "h2", "h3",
                "ul", "ol", "li", "dl", "dt", "dd", "svg", "rect", "path", "circle", "text",
            ]
            #expect(Set(reader.elements.map(\.name)).isSubset(of: known))
            for element in reader.elements {
                for name in element.attributes.keys {
                    #expect(!name.hasPrefix("on") && name != "src", "\(name)")
                }
            }
            #expect(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"))
            #expect(reader.text(in: "body").contains("<b>\"Bad\" & 'worse'</b>"))
            #expect(reader.text(in: "body").contains("<v>\"1\"</v>"))
        }
    }

    @Test func keepsTagsOfTemplatesAsTheyAre() throws {
        let world = try World.plain.get()
        let report = try world.report("customer-0001", named: "{{title}}", paths: 5)
        #expect(PageReader(try report.html()).text(in: "h2").contains("{{title}}"))
    }

    @Test func templatesEscapeAllButDrawingsAndStyle() {
        for (name, template) in Templates.all {
            for part in template.components(separatedBy: "{{{").dropFirst() {
                let tag = part.components(separatedBy: "}}}")[0]
                let isDrawing = tag.hasSuffix("SVG") || tag == "." || tag == "style"
                #expect(isDrawing, "\(name): \(tag)")
            }
            #expect(!template.contains("{{&"), "\(name)")
        }
        // A bare dot is only unescaped inside lists of drawings.
        let text = Templates.customer
        #expect(text.components(separatedBy: "{{{.}}}").count == 3)
        for list in ["timelineSVG", "graphSVG"] {
            #expect(text.contains("{{#\(list)}}\n{{{.}}}\n{{/\(list)}}"))
        }
    }

    @Test func seesScalarsNotCharacters() {
        // A mark with a combining accent is one character that equals no mark.
        for mark in ["<", ">", "&", "\"", "'"] {
            let escaped = Markup.escape(mark + "\u{301}")
            #expect(escaped.unicodeScalars.first == "&")
            #expect(escaped.unicodeScalars.allSatisfy { !"<>\"'".unicodeScalars.contains($0) })
        }
    }

    @Test func escapesExactly() throws {
        #expect(Markup.escape("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;")
        #expect(Markup.escape("") == "")
        #expect(Markup.escape("Käse, 200 g ☕️") == "Käse, 200 g ☕️")
        for code: UInt32 in [0, 8, 0x1B, 0x7F, 0x9F, 0x202E, 0x2066, 0xFFFE, 0x1FFFF, 0xFDD0] {
            let scalar = try #require(Unicode.Scalar(code))
            #expect(Markup.escape("a\(scalar)b") == "a b", "\(code)")
        }
        #expect(Markup.escape("\t\n") == "\t\n")
    }

    @Test func shortensToAWidth() {
        #expect(Markup.fit("milk", width: 100, fontSize: 10) == "milk")
        #expect(Markup.fit("", width: 0, fontSize: 10) == "")
        let long = String(repeating: "W", count: 5000)
        let fitted = Markup.fit(long, width: 100, fontSize: 10)
        #expect(fitted.hasSuffix("…") && fitted.count <= 18 && fitted.count >= 14)
        #expect(Markup.fit("日本語の商品", width: 45, fontSize: 10) == "日本語…")
        #expect(Markup.fit("ab cd", width: 26, fontSize: 10) == "ab…")
        for width in stride(from: -10.0, to: 60, by: 3) {
            let text = Markup.fit("Ground coffee", width: width, fontSize: 10)
            #expect(Double(text.count) * 5.6 <= max(width, 10) + 4.4, "\(width)")
        }
    }
}
