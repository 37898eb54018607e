extension Templates {
    /// A page of cards: heading, figures of the first screen, parts with cards.
    static let cards = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
        style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <meta name="generator" content="Foretwin"/>
        <title>{{heading}}</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <header class="top" id="top">
        <div class="sheet">
        <p class="brand">Foretwin</p>
        <h1>{{heading}}</h1>
        <p class="lead">{{leadWords}}</p>
        {{#warnings}}
        <p class="notice">{{.}}</p>
        {{/warnings}}
        <dl class="tiles">
        {{#tiles}}
        <div class="tile"><dt>{{tileTerm}}</dt><dd><bdi>{{tileValue}}</bdi>\
        <span class="sub">{{tileNote}}</span></dd></div>
        {{/tiles}}
        </dl>
        <p class="how">{{how}}</p>
        </div>
        </header>
        <nav aria-label="Parts of the page"><div class="sheet"><ul>
        {{#parts}}
        <li><a href="#{{anchor}}">{{partTitle}}</a></li>
        {{/parts}}
        </ul></div></nav>
        <main class="sheet">
        {{#parts}}
        <section class="part" id="{{anchor}}" aria-labelledby="{{anchor}}-name">
        <h2 id="{{anchor}}-name">{{partTitle}}</h2>
        <p class="sub">{{partWords}}</p>
        <div class="deck">
        {{#cards}}
        {{> card}}
        {{/cards}}
        </div>
        </section>
        {{/parts}}
        </main>
        <footer class="sheet">
        {{#footWords}}
        <p>{{.}}</p>
        {{/footWords}}
        </footer>
        </body>
        </html>

        """

    /// One figure of a page of cards.
    static let card = """
        <section class="card {{size}}">
        <h3><bdi>{{cardTitle}}</bdi></h3>
        <p class="sub">{{cardWords}}</p>
        {{{chartsSVG}}}
        {{#hasKeys}}
        <ul class="legend">
        {{#keys}}
        <li><span class="swatch {{swatch}}"></span><bdi>{{keyTerm}}</bdi></li>
        {{/keys}}
        </ul>
        {{/hasKeys}}
        {{#hasRows}}
        <ul class="rows">
        {{#rows}}
        <li><p class="term"><bdi>{{rowTerm}}</bdi> <span class="kind"><bdi>{{rowKind}}</bdi></span>\
        </p><div class="meter">{{{rowSVG}}}</div><p class="figure">{{rowFigure}}</p>\
        <p class="note">{{rowNote}}</p></li>
        {{/rows}}
        </ul>
        {{/hasRows}}
        {{#hasTable}}
        <div class="scroll">
        <table>
        <thead><tr>{{#head}}<th scope="col">{{.}}</th>{{/head}}</tr></thead>
        <tbody>
        {{#lines}}
        <tr><th scope="row">{{lineTerm}}</th>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
        {{/lines}}
        </tbody>
        </table>
        </div>
        {{/hasTable}}
        <p class="sub more">{{more}}</p>
        </section>
        """
}
