import Mustache

/// The page's templates.
///
/// They are strings of the program: a report needs no folder of resources.
enum Templates {
    /// Fills the templates of a page about customers.
    static func render(_ page: PageView) throws -> String {
        try library.get().render(page, withTemplate: "page") ?? ""
    }

    /// Fills the templates of a page of cards.
    static func render(_ page: CardsView) throws -> String {
        try library.get().render(page, withTemplate: "cards") ?? ""
    }

    private static let library = Result { try makeLibrary() }

    private static func makeLibrary() throws -> MustacheLibrary {
        MustacheContentTypes.register(PageContentType(), named: PageContentType.name)
        var library = MustacheLibrary()
        for (name, template) in all {
            // A partial starts with the library's own escaping, so each one names ours.
            try library.register(
                "{{% CONTENT_TYPE:\(PageContentType.name)}}" + template, named: name)
        }
        return library
    }

    /// The templates by name.
    static let all = [
        "page": page, "customer": customer, "picks": picks, "model": model, "cards": cards,
        "card": card,
    ]
}
