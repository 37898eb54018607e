extension Templates {
    /// How the model was trained.
    static let model = """
        <section class="customer" id="model" aria-labelledby="model-name">
        <header class="who"><h2 id="model-name">How the model was trained</h2>
        {{#wholeWords}}
        <p class="lead">{{.}}</p>
        {{/wholeWords}}
        <dl class="facts">
        {{#figures}}
        <div><dt>{{term}}</dt><dd>{{value}}</dd></div>
        {{/figures}}
        </dl></header>
        <div class="halves">
        {{#hasLoss}}
        <section class="card">
        <h3>Learning curve of the neural network</h3>
        <p class="sub">Loss in nats an event after each pass over the events; lower is better.</p>
        {{{lossSVG}}}
        </section>
        {{/hasLoss}}
        {{#hasSources}}
        <section class="card">
        <h3>How well each source foresaw held-out events</h3>
        <p class="sub">Bits needed to name the next item, fewer is better; and among how many \
        equally likely items, of {{catalogueSize}}, one would have to guess to do as well. \
        A source is judged where it had something to say, and pays dearly for what it held \
        impossible.</p>
        <table>
        <thead><tr><th scope="col">Source</th><th scope="col" class="right">Share</th>\
        <th scope="col" class="right">Bits</th><th scope="col" class="right">Guess among</th>\
        <th class="bar"><span class="hidden">Bits as a bar</span></th></tr></thead>
        <tbody>
        {{#sources}}
        <tr{{#isWhole}} class="whole"{{/isWhole}}><th scope="row">{{source}}</th>\
        <td class="right">{{weight}}</td><td class="right">{{bits}}</td>\
        <td class="right">{{choices}}</td><td class="bar">{{{barSVG}}}</td></tr>
        {{/sources}}
        </tbody>
        </table>
        </section>
        {{/hasSources}}
        </div>
        {{#hasYearly}}
        <section class="card">
        <h3>When in the year categories are bought</h3>
        <p class="sub">Purchases of each week as a multiple of the mean week's (dashed), in the \
        band of 9 truths of 10. Forecasts move from the season of the days before them to that of \
        the days ahead.</p>
        <div class="seasons">
        {{#yearly}}
        <div><p class="item">{{seasonName}}</p><p class="sub">{{seasonWords}}</p>\
        {{{seasonSVG}}}</div>
        {{/yearly}}
        </div>
        {{#otherSeasons}}
        <p class="sub">{{.}}</p>
        {{/otherSeasons}}
        </section>
        {{/hasYearly}}
        </section>
        """
}
