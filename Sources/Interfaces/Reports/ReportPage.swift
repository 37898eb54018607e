package import Prediction

/// One page that shows several customers, and how the model behind it was trained.
package struct ReportPage: Sendable {
    /// The page's heading.
    package let title: String
    /// The customers, in the order of the page.
    package let customers: [TwinReport]
    /// How the model was trained; `nil` leaves that part out.
    package let metrics: TrainingMetrics?
    /// When in the year categories are bought more or less, the strongest season first.
    package let seasons: [CategorySeason]

    /// Makes a page.
    ///
    /// - Parameters:
    ///   - title: The page's heading.
    ///   - customers: The customers, in the order of the page; may be empty.
    ///   - metrics: How the model was trained; `nil` leaves that part out.
    ///   - seasons: When in the year categories are bought more or less, the strongest season
    ///     first; shown with the training.
    package init(
        title: String, customers: [TwinReport], metrics: TrainingMetrics? = nil,
        seasons: [CategorySeason] = []
    ) {
        self.title = title
        self.customers = customers
        self.metrics = metrics
        self.seasons = seasons
    }

    /// The page: self-contained HTML that is also well-formed XML, without scripts, and that loads
    /// nothing from anywhere.
    ///
    /// The same reports always give the same bytes.
    ///
    /// - Throws: A template error, which is a fault of this module.
    package func html() throws -> String {
        try Templates.render(PageView(self))
    }
}
