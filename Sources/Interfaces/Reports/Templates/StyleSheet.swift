/// The page's style.
///
/// It holds no `<` and no `&`, so that the page is well-formed XML.
enum StyleSheet {
    /// The colours of the light scheme, also used in print.
    ///
    /// `c0` to `c5` keep apart under the three common kinds of colour blindness and stand out from
    /// the card by 3 : 1 or more, as do `e0` to `e5`, steps of one hue; texts do by
    /// 4.5 : 1 or more.
    static let light = """
        --page: #f4f5f7; --card: #ffffff; --rule: #dde1e7; --track: #eceff3;
        --ink: #17202b; --muted: #56616f; --accent: #0c4c82; --onaccent: #ffffff;
        --notice: #fdf3dc; --surprise: #f1f5fb; --grid: #e6e9ee;
        --c0: #0c4c82; --c1: #e23a1a; --c2: #00a05e; --c3: #b065a6; --c4: #8a8a30;
        --c5: #5483e2; --c6: #6b7a79;
        --e0: #10304f; --e1: #1f4b75; --e2: #346597; --e3: #4d7fb3; --e4: #6f94bf;
        --e5: #84878d;
        """

    /// The colours of the dark scheme.
    static let dark = """
        --page: #101419; --card: #171b21; --rule: #2c333d; --track: #262c35;
        --ink: #e8ecf1; --muted: #a3aebb; --accent: #8fb4ff; --onaccent: #101419;
        --notice: #33290f; --surprise: #1a2331; --grid: #272e37;
        --c0: #5b7fff; --c1: #ea7327; --c2: #2eca80; --c3: #e889e0; --c4: #f4e644;
        --c5: #c1f0e6; --c6: #84809a;
        --e0: #dce9ff; --e1: #b9cff2; --e2: #96b4e0; --e3: #7798c9; --e4: #5f7fae;
        --e5: #5d6f88;
        """

    /// The whole style sheet.
    static let text =
        "\n:root {\n" + light + "\n}\n@media screen and (prefers-color-scheme: dark) { :root {\n"
        + dark + "\n} }\n" + layout + parts + cards + drawings + colors + sizes
        + cardSizes

    private static let colors: String = {
        let categories = (0...CategoryColors.count).map {
            ".f\($0) { fill: var(--c\($0)); background: var(--c\($0)); }\n"
                + ".s\($0) { stroke: var(--c\($0)); }\n"
        }
        let evidence = (0...5).map {
            ".e\($0) { fill: var(--e\($0)); background: var(--e\($0)); }\n"
        }
        return (categories + evidence).joined()
    }()

    private static let layout = """
        * { box-sizing: border-box; }
        html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--page); color: var(--ink);
          font: 15px/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial,
          "Liberation Sans", system-ui, sans-serif; font-variant-numeric: tabular-nums; }
        h1, h2, h3, p, ul, ol, dl, dd { margin: 0; padding: 0; }
        ul, ol { list-style: none; }
        a { color: var(--accent); }
        code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
          overflow-wrap: anywhere; }
        bdi { overflow-wrap: anywhere; }
        .sheet { max-width: 1160px; margin: 0 auto; padding: 0 24px; }
        .top { padding: 22px 0 14px; }
        .brand { font-size: 12px; font-weight: 700; letter-spacing: 0.12em;
          text-transform: uppercase; color: var(--accent); }
        h1 { font-size: 25px; line-height: 1.25; letter-spacing: -0.01em;
          overflow-wrap: anywhere; }
        .how { color: var(--muted); margin-top: 4px; }
        .how em { font-style: normal; font-weight: 600; color: var(--ink); }
        nav { position: sticky; top: 0; z-index: 2; background: var(--page);
          border-bottom: 1px solid var(--rule); }
        nav ul { display: flex; gap: 6px; overflow-x: auto; padding: 8px 0; }
        nav a { display: block; padding: 5px 12px; border: 1px solid var(--rule);
          border-radius: 999px; background: var(--card); text-decoration: none; font-weight: 600;
          font-size: 13.5px; white-space: nowrap; max-width: 18em; overflow: hidden;
          text-overflow: ellipsis; }
        nav a:hover, nav a:focus-visible { border-color: var(--accent); }
        nav .apart { margin-left: auto; }
        .tag { font-size: 11.5px; font-weight: 600; color: var(--muted); }
        .customer { padding-top: 22px; scroll-margin-top: 44px; }
        .customer + .customer { margin-top: 34px; border-top: 1px solid var(--rule); }
        .card { background: var(--card); border: 1px solid var(--rule); border-radius: 12px;
          padding: 18px 20px; margin-top: 16px; min-width: 0; }
        .columns { display: grid; grid-template-columns: minmax(0, 1.8fr) minmax(0, 1fr);
          column-gap: 16px; align-items: start; }
        .halves { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.25fr);
          column-gap: 16px; align-items: stretch; }
        footer.sheet { color: var(--muted); font-size: 13px; padding-top: 26px;
          padding-bottom: 40px; }

        """

    private static let parts = """
        .name { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 14px; }
        h2 { font-size: 22px; line-height: 1.3; letter-spacing: -0.01em; }
        h3 { font-size: 16px; line-height: 1.35; }
        .pseudonym, .origin, .sub, .kind, .when, .meaning { color: var(--muted);
          font-size: 13.5px; }
        .origin { margin-top: 10px; }
        .lead { font-size: 17px; line-height: 1.45; margin-top: 4px;  overflow-wrap: anywhere; }
        .notice { background: var(--notice); border-radius: 8px; padding: 8px 12px;
          margin-top: 10px; }
        .facts { display: flex; flex-wrap: wrap; gap: 6px 28px; margin-top: 10px; }
        dt { font-size: 12.5px; color: var(--muted); line-height: 1.3; }
        dd { font-weight: 600; }
        .picks li { break-inside: avoid; }
        .picks > li { display: grid; column-gap: 12px; padding: 8px 0 9px;
          grid-template-columns: 1.4em minmax(0, 1fr) 205px 118px;
          grid-template-areas: "rank what chance when" ". reasons reasons kind";
          border-top: 1px solid var(--rule); }
        .picks > .scale { padding: 6px 0 1px; border: 0; }
        .scalebar { grid-area: chance; display: flex; justify-content: space-between;
          margin-right: 60px; font-size: 12px; color: var(--muted); }
        .scale .when { font-size: 12px; line-height: 1.5; }
        .rank { grid-area: rank; color: var(--muted); text-align: right; }
        .what { grid-area: what; }
        .picks .kind { grid-area: kind; text-align: right; }
        .item { font-weight: 600; }
        .chance { grid-area: chance; display: flex; align-items: center; gap: 10px; height: 22px; }
        .chance .figure { width: 50px; flex: none; text-align: right; line-height: 1.1; }
        .figure { font-weight: 600; white-space: nowrap; }
        .when { grid-area: when; text-align: right; line-height: 22px; }
        .reasons { grid-area: reasons; font-size: 13.5px; }
        .source { color: var(--muted); }
        .source::after { content: ":"; }
        .surprise { background: var(--surprise); }
        .surprise .item { font-size: 17px; margin-top: 4px; }
        .because { margin: 4px 0; }
        .shares li, .preferences li { display: grid; grid-template-columns: 20px 1fr auto;
          align-items: baseline; margin-top: 7px; line-height: 1.35; }
        .shares .meaning { grid-column: 2 / 4; }
        .preferences li { grid-template-columns: 1fr auto; }
        .preferences svg { grid-column: 1 / 3; }
        .preferences .figure { font-size: 13.5px; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 8px;
          font-size: 13.5px; }
        .legend li { display: flex; align-items: center; gap: 7px; }
        .swatch { width: 12px; height: 12px; border-radius: 3px; flex: none;
          display: inline-block; }
        .medianswatch { height: 0; width: 18px; border-top: 2.5px solid var(--ink);
          border-radius: 0; }
        .fanswatch { background: var(--track); border: 1px solid var(--muted); }
        .dotswatch { border-radius: 50%; background: var(--muted); }
        .ringswatch { border-radius: 50%; border: 2.5px solid var(--muted); }
        .dashswatch { height: 0; width: 18px; border-top: 2px dashed var(--muted);
          border-radius: 0; }
        .arrowswatch { width: 18px; height: 9px; border-radius: 0; background: var(--muted);
          clip-path: polygon(0 40%, 55% 40%, 55% 0, 100% 50%, 55% 100%, 55% 60%, 0 60%); }
        table { border-collapse: collapse; width: 100%; margin-top: 8px; }
        th, td { padding: 5px 10px 5px 0; text-align: left; font-weight: 400;
          border-top: 1px solid var(--rule); }
        thead th { font-size: 12.5px; color: var(--muted); border-top: 0; }
        .right { text-align: right; white-space: nowrap; }
        .whole th, .whole td { font-weight: 700; }
        td.bar { width: 30%; padding-right: 0; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
          clip-path: inset(50%); }

        """

    private static let drawings = """
        svg { display: block; }
        svg text { font-family: inherit; fill: var(--ink); unicode-bidi: isolate; }
        .chart { width: 100%; height: auto; margin-top: 8px; }
        .narrow { display: none; }
        .loss { max-width: 560px; }
        .seasons { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
          gap: 18px 24px; margin-top: 12px; }
        .seasons > div { min-width: 0; break-inside: avoid; }
        .seasons .item { overflow-wrap: anywhere; }
        .bars { width: 100%; height: 20px; flex: 1 1 auto; min-width: 0; border-radius: 2px; }
        .low { height: 16px; }
        .high { height: 22px; margin-top: 10px; border-radius: 4px; }
        .bars line, .bars path { vector-effect: non-scaling-stroke; }
        .track { fill: var(--track); }
        .bar { fill: var(--accent); }
        td.bar, th.bar { fill: inherit; }
        .pale { opacity: 0.55; }
        .halo { stroke: var(--card); stroke-width: 4.5; opacity: 0.55; }
        .whisker { stroke: var(--ink); stroke-width: 1.6; }
        .mark { stroke: var(--ink); stroke-width: 2.5; }
        .markhalo, .gap { stroke: var(--card); stroke-width: 5; }
        .gap { stroke-width: 2; }
        .grid { stroke: var(--grid); stroke-width: 1; }
        .base { stroke: var(--muted); stroke-width: 1; }
        .tick { font-size: 12px; fill: var(--muted); }
        .strong { fill: var(--ink); font-weight: 600; }
        .layer { stroke: var(--card); stroke-width: 0.8; }
        .outline { fill: none; stroke: var(--ink); stroke-width: 1.4; stroke-linejoin: round; }
        .fan { fill: var(--muted); opacity: 0.2; }
        .fanedge { fill: none; stroke: var(--muted); stroke-width: 1; stroke-linejoin: round; }
        .median { fill: none; stroke: var(--ink); stroke-width: 2.5; stroke-linejoin: round; }
        .today { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; }
        .edge { opacity: 0.5; stroke-linecap: round; }
        .dashed { stroke-dasharray: 6 5; stroke-linecap: butt; }
        .link { fill: none; stroke: var(--ink); opacity: 0.55; }
        .head { fill: var(--ink); opacity: 0.75; }
        .node { stroke: var(--card); stroke-width: 1.5; }
        .hollow { fill: var(--card); stroke-width: 2.5; }
        .hub { fill: var(--accent); stroke: var(--card); stroke-width: 3; }
        svg .hubtext { fill: var(--onaccent); font-size: 13px; font-weight: 600; }
        .label { font-size: 13px; paint-order: stroke; stroke: var(--card); stroke-width: 3px;
          stroke-linejoin: round; }
        .label.small { font-size: 12.5px; }
        .hubtext.small { font-size: 11px; }
        .training { fill: none; stroke: var(--c1); stroke-width: 2; stroke-dasharray: 5 3; }
        .heldout { fill: none; stroke: var(--c0); stroke-width: 2.5; }
        .trainingdot { fill: var(--c1); }
        .heldoutdot { fill: var(--c0); }

        """

    private static let sizes = """
        @media screen and (max-width: 980px) {
          .columns, .halves { grid-template-columns: minmax(0, 1fr); }
        }
        @media screen and (max-width: 680px) {
          .sheet { padding: 0 12px; }
          .card { padding: 14px 14px; }
          .top { padding-top: 14px; }
          h1 { font-size: 21px; }
          .how { font-size: 14px; }
          .lead { font-size: 16px; }
          .facts { gap: 6px 20px; }
          .wide { display: none; }
          .narrow { display: block; }
          .picks > li { grid-template-columns: 1.3em minmax(0, 1fr) auto; column-gap: 8px;
            grid-template-areas: "rank what when" ". kind kind" ". chance chance"
              ". reasons reasons"; }
          .picks .kind { text-align: left; }
          .picks > .scale { display: none; }
          td.bar, th.bar { display: none; }
        }
        @media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
        @media print {
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          body { background: none; font-size: 10.5pt; }
          nav { display: none; }
          .sheet { max-width: none; padding: 0; }
          .card { break-inside: avoid; }
          .columns { grid-template-columns: minmax(0, 1.7fr) minmax(0, 1fr); }
          .columns > .card { break-inside: auto; }
          .picks > li { grid-template-columns: 1.4em minmax(0, 1fr) 130px 84px; }
          .customer + .customer { break-before: page; border-top: 0; margin-top: 0; }
        }

        """
}
