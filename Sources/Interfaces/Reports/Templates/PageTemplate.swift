extension Templates {
    /// The frame: heading, navigation, customers, training.
    static let page = """
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
        {{#paths}}
        <p class="how">Every customer has a <em>digital twin</em>: a graph of past events. \
        {{.}} futures of each twin are simulated. The probability of an event is the fraction of \
        futures in which it happens.</p>
        {{/paths}}
        </div>
        </header>
        {{#hasNavigation}}
        <nav aria-label="Customers"><div class="sheet"><ul>
        {{#links}}
        <li><a href="#{{anchor}}"><bdi>{{name}}</bdi>\
        {{#isCold}} <span class="tag">new</span>{{/isCold}}</a></li>
        {{/links}}
        {{#training}}
        <li class="apart"><a href="#model">The model</a></li>
        {{/training}}
        </ul></div></nav>
        {{/hasNavigation}}
        <main class="sheet">
        {{#isEmpty}}
        <p class="card notice">No customers were given.</p>
        {{/isEmpty}}
        {{#subjects}}
        {{> customer}}
        {{/subjects}}
        {{#training}}
        {{> model}}
        {{/training}}
        </main>
        <footer class="sheet">
        <p>Made by Foretwin. All dates are in UTC. Probabilities come from simulated futures, and \
        are calibrated if the model has a back-test. Intervals then cover the number of futures \
        and the error of the model, otherwise the number of futures only.</p>
        </footer>
        </body>
        </html>

        """
}
