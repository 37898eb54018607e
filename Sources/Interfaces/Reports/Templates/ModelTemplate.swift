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
        <p class="sub">Loss in nats per event after each epoch. Lower is better.</p>
        {{{lossSVG}}}
        </section>
        {{/hasLoss}}
        {{#hasSources}}
        <section class="card">
        <h3>Log-likelihood of held-out events by expert</h3>
        <p class="sub">Bits: the mean negative log2 probability of the next item. Perplexity: the \
        number of equally likely items, of {{catalogueSize}}, with the same bits. Lower is better. \
        An expert is judged on the events that it made a prediction for.</p>
        <table>
        <thead><tr><th scope="col">Expert</th><th scope="col" class="right">Weight</th>\
        <th scope="col" class="right">Bits</th><th scope="col" class="right">Perplexity</th>\
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
        <p class="sub">Purchases of each week as a multiple of the mean week (dashed), with a \
        90 % interval. Forecasts are adjusted from the season of the past days to that of the \
        days ahead.</p>
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
