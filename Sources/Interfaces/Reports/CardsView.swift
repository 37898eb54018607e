/// What the template of a page of cards is filled with.
///
/// As in ``PageView``, names that end in `SVG` hold markup made here; all others are escaped. What
/// is missing is empty and never `nil`, since templates look missing names up in the enclosing
/// views.
struct CardsView {
    /// A part of the page, reached from the navigation.
    struct Part {
        var anchor: String
        var partTitle: String
        var partWords: String
        var cards: [Card]
    }

    /// A figure with a title and what it says.
    ///
    /// Templates see stored properties alone, so that what is there is noted beside it.
    struct Card {
        var cardTitle: String
        var cardWords: String
        /// `wide` or `half`.
        var size: String
        /// Drawings for wide and narrow screens.
        var chartsSVG: String
        var keys: [Key]
        var hasKeys: Bool
        var rows: [Row]
        var hasRows: Bool
        var head: [String]
        var lines: [Line]
        var hasTable: Bool
        var more: String

        init(
            _ title: String, _ words: String, isWide: Bool = false, chartsSVG: String = "",
            keys: [Key] = [], rows: [Row] = [], head: [String] = [], lines: [Line] = [],
            more: String = ""
        ) {
            cardTitle = title
            cardWords = words
            size = isWide ? "wide" : "half"
            self.chartsSVG = chartsSVG
            self.keys = keys
            hasKeys = !keys.isEmpty
            self.rows = rows
            hasRows = !rows.isEmpty
            self.head = head
            self.lines = lines
            hasTable = !lines.isEmpty
            self.more = more
        }
    }

    /// An entry of a legend.
    struct Key {
        var swatch: String
        var keyTerm: String
    }

    /// A name with a bar and a figure.
    struct Row {
        var rowTerm: String
        var rowKind = ""
        var rowSVG = ""
        var rowFigure: String
        var rowNote = ""
    }

    /// A row of a table.
    struct Line {
        var lineTerm: String
        var cells: [String]
    }

    /// A figure of the first screen.
    struct Tile {
        var tileTerm: String
        var tileValue: String
        var tileNote = ""
    }

    var heading: String
    var style = StyleSheet.text
    var how: String
    var leadWords: String
    /// What to know before believing the figures; there may be nothing.
    var warnings: [String]
    var tiles: [Tile]
    var parts: [Part]
    var footWords: [String]

    /// The drawings of a chart for wide screens and for narrow ones.
    static func both(_ draw: (Bool) -> String) -> String { draw(false) + draw(true) }
}
