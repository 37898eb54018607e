extension Templates {
    /// One customer: facts, forecasts and reasons.
    static let customer = """
        <section class="customer" id="{{id}}" aria-labelledby="{{id}}-name">
        <header class="who">
        <div class="name">
        <h2 id="{{id}}-name"><bdi>{{title}}</bdi></h2>
        <p class="pseudonym">Customer key <code>{{pseudonym}}</code></p>
        </div>
        <p class="lead">{{lead}}</p>
        {{#isColdStart}}
        <p class="notice"><strong>Cold start.</strong> This customer is not known yet. \
        These items are popular with all customers. They become personal with the first events.</p>
        {{/isColdStart}}
        <dl class="facts">
        {{#facts}}
        <div><dt>{{term}}</dt><dd><bdi>{{value}}</bdi></dd></div>
        {{/facts}}
        </dl>
        </header>
        {{> picks}}
        <section class="card">
        <h3>Past and forecast</h3>
        <p class="sub">{{timelineWords}} Events per day, as 7-day means.</p>
        {{#timelineSVG}}
        {{{.}}}
        {{/timelineSVG}}
        <ul class="legend">
        {{#timelineKeys}}
        <li><span class="swatch {{swatch}}"></span><bdi>{{term}}</bdi></li>
        {{/timelineKeys}}
        </ul>
        </section>
        {{#hasGraph}}
        <section class="card">
        <h3>The twin as a graph</h3>
        <p class="sub">{{graphWords}}</p>
        {{#graphSVG}}
        {{{.}}}
        {{/graphSVG}}
        <ul class="legend">
        {{#graphKeys}}
        <li><span class="swatch {{swatch}}"></span><bdi>{{term}}</bdi></li>
        {{/graphKeys}}
        </ul>
        </section>
        {{/hasGraph}}
        <p class="origin">As of {{asOf}}. Model <bdi>{{version}}</bdi>.</p>
        </section>
        """

    /// The likeliest items, the surprise pick, the experts and the categories.
    static let picks = """
        <div class="columns">
        <section class="card">
        <h3>Most likely in the next {{span}}</h3>
        {{#hasPicks}}
        <p class="sub">The bar is the probability of the item, the thin line its 95 % interval. \
        The order also depends on taste and preferred categories. Reasons are worded for the \
        customer.</p>
        <ol class="picks">
        <li class="scale" aria-hidden="true"><span class="scalebar"><span>0</span>\
        <span>{{scaleEnd}}</span></span><span class="when">expected</span></li>
        {{#picks}}
        <li>
        <span class="rank" aria-hidden="true">{{rank}}</span>
        <p class="what item"><bdi>{{item}}</bdi></p>
        <div class="chance" title="95 % interval: {{range}}">{{{barSVG}}}\
        <span class="figure">{{chance}}</span></div>
        <p class="when">{{#when}}{{.}}{{/when}}</p>
        <ul class="reasons">{{#reasons}}<li><span class="source">{{source}}</span> \
        <bdi>{{words}}</bdi></li>{{/reasons}}</ul>
        <p class="kind">{{#kind}}<bdi>{{.}}</bdi>{{/kind}}</p>
        </li>
        {{/picks}}
        </ol>
        {{/hasPicks}}
        {{^hasPicks}}
        <p class="sub">There is no recommendation: the model knows no item that fits.</p>
        {{/hasPicks}}
        </section>
        <div class="side">
        <section class="card surprise">
        <h3>Surprise pick</h3>
        {{#surprise}}
        <p class="item"><bdi>{{item}}</bdi></p>
        <p class="kind">{{#kind}}<bdi>{{.}}</bdi>{{/kind}}{{#cost}} · {{.}}{{/cost}}</p>
        {{#reasons}}
        <p class="because">“<bdi>{{words}}</bdi>”</p>
        {{/reasons}}
        <p class="sub">It occurs in {{chance}} of the simulated futures.</p>
        {{/surprise}}
        {{^surprise}}
        <p class="sub">None. A surprise pick needs a customer whose taste is known.</p>
        {{/surprise}}
        </section>
        <section class="card">
        <h3>Experts behind the forecast</h3>
        <p class="sub">Fraction of simulated events whose item each expert proposed.</p>
        {{{expertsSVG}}}
        {{#samplingError}}
        <p class="sub">{{.}}</p>
        {{/samplingError}}
        <ul class="shares">
        {{#experts}}
        <li><span class="swatch {{swatch}}"></span><span class="term">{{term}}</span>\
        <span class="figure">{{value}}</span><span class="meaning">{{meaning}}</span></li>
        {{/experts}}
        </ul>
        </section>
        {{#hasPreferences}}
        <section class="card">
        <h3>Categories</h3>
        <p class="sub">Bar: share so far, with more weight on newer events. Mark: forecast \
        share.</p>
        <ul class="preferences">
        {{#preferences}}
        <li><span class="term"><bdi>{{category}}</bdi></span>\
        <span class="figure">{{soFar}} → {{ahead}}</span>{{{barSVG}}}</li>
        {{/preferences}}
        </ul>
        </section>
        {{/hasPreferences}}
        </div>
        </div>
        """
}
