extension Templates {
    /// One customer: who it is, what comes next, and why.
    static let customer = """
        <section class="customer" id="{{id}}" aria-labelledby="{{id}}-name">
        <header class="who">
        <div class="name">
        <h2 id="{{id}}-name"><bdi>{{title}}</bdi></h2>
        <p class="pseudonym">Pseudonym <code>{{pseudonym}}</code></p>
        </div>
        <p class="lead">{{lead}}</p>
        {{#isColdStart}}
        <p class="notice"><strong>Cold start.</strong> Nothing is known of this customer yet, so \
        this is what is popular with everybody now. The first events will make it personal.</p>
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
        <p class="sub">{{timelineWords}} Events a day, as the mean of 7 days.</p>
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

    /// The likeliest items, and beside them the surprise, the evidence and the categories.
    static let picks = """
        <div class="columns">
        <section class="card">
        <h3>Most likely in the next {{span}}</h3>
        {{#hasPicks}}
        <p class="sub">The bar shows how probable it is that the customer takes the item, the \
        thin line its 95 % range. UserEmbedding counts in the ranking too. Reasons are worded as the \
        customer would read them.</p>
        <ol class="picks">
        <li class="scale" aria-hidden="true"><span class="scalebar"><span>0</span>\
        <span>{{scaleEnd}}</span></span><span class="when">expected</span></li>
        {{#picks}}
        <li>
        <span class="rank" aria-hidden="true">{{rank}}</span>
        <p class="what item"><bdi>{{item}}</bdi></p>
        <div class="chance" title="95 % range: {{range}}">{{{barSVG}}}\
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
        <p class="sub">No item can be named: the model knows none that fits.</p>
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
        <p class="sub">It turns up in {{chance}} of the simulated futures: hence a surprise.</p>
        {{/surprise}}
        {{^surprise}}
        <p class="sub">None: a surprise needs a known taste to be close to.</p>
        {{/surprise}}
        </section>
        <section class="card">
        <h3>Evidence behind the forecast</h3>
        <p class="sub">Where the items of the simulated futures came from.</p>
        {{{evidenceSVG}}}
        {{#evidenceError}}
        <p class="sub">{{.}}</p>
        {{/evidenceError}}
        <ul class="shares">
        {{#evidence}}
        <li><span class="swatch {{swatch}}"></span><span class="term">{{term}}</span>\
        <span class="figure">{{value}}</span><span class="meaning">{{meaning}}</span></li>
        {{/evidence}}
        </ul>
        </section>
        {{#hasPreferences}}
        <section class="card">
        <h3>Categories</h3>
        <p class="sub">Bar: share so far, newer events counting more. Mark: share of the \
        forecast.</p>
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
