import Prediction
import Recommendations

/// What the page's template is filled with.
///
/// Templates look names up by reflection, and in the enclosing views if a view has no such name or
/// `nil` there; so names that may be missing are not used twice. Names that end in `SVG` hold
/// markup made here; all others are escaped.
struct PageView {
    /// An entry of the navigation.
    struct Link {
        var anchor: String
        var name: String
        var isCold: Bool
    }

    var heading: String
    var style: String
    var hasNavigation: Bool
    var links: [Link]
    var isEmpty: Bool
    var subjects: [CustomerView]
    var training: ModelView?
    var paths: String?

    init(_ page: ReportPage) {
        heading = page.title
        style = StyleSheet.text
        links = page.customers.enumerated().map { index, report in
            Link(
                anchor: Self.anchor(index), name: report.title,
                isCold: report.recommendations.isColdStart)
        }
        hasNavigation = page.customers.count > 1 || page.metrics != nil
        isEmpty = page.customers.isEmpty
        subjects = page.customers.enumerated().map { CustomerView($1, anchor: Self.anchor($0)) }
        training = page.metrics.map { ModelView($0, seasons: page.seasons) }
        paths = page.customers.first.map { TextFormat.count($0.pathCount) }
    }

    private static func anchor(_ index: Int) -> String { "customer-\(index + 1)" }
}
