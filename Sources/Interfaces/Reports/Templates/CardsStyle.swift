extension StyleSheet {
    /// The style of pages of cards.
    static let cards = """
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
          gap: 10px; margin: 14px 0 10px; }
        .tile { background: var(--card); border: 1px solid var(--rule); border-radius: 12px;
          padding: 10px 14px; min-width: 0; }
        .tile dd { font-size: 21px; line-height: 1.3; }
        .tile .sub { display: block; font-size: 12.5px; font-weight: 400; line-height: 1.35; }
        .part { padding-top: 26px; scroll-margin-top: 44px; }
        .deck { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
          column-gap: 16px; align-items: stretch; }
        .deck > .wide { display: block; grid-column: 1 / 3; }
        .more:empty { display: none; }
        .more { margin-top: 8px; }
        .rows { margin-top: 6px; }
        .rows li { display: grid; grid-template-columns: minmax(0, 1fr) 34% 4.6em 7.6em;
          grid-template-areas: "term meter figure note"; column-gap: 12px; align-items: center;
          padding: 5px 0; border-top: 1px solid var(--rule); break-inside: avoid;
          line-height: 1.35; }
        .half .rows li { grid-template-columns: minmax(0, 1fr) auto;
          grid-template-areas: "term figure" "meter note"; }
        .rows .term { grid-area: term; font-weight: 600; }
        .rows .term .kind { font-weight: 400; }
        .rows .meter { grid-area: meter; min-width: 0; }
        .rows .figure { grid-area: figure; text-align: right; }
        .rows .note { grid-area: note; text-align: right; color: var(--muted); font-size: 13px; }
        .half .rows .note { min-width: 8.2em; }
        .scroll { overflow-x: auto; }
        .scroll td, .scroll thead th { text-align: right; white-space: nowrap; }
        .scroll thead th:first-child { text-align: left; }
        .gain { fill: var(--c2); }
        .fall { fill: var(--c1); }
        .chanceband { fill: var(--muted); opacity: 0.35; }
        .zero { stroke: var(--ink); stroke-width: 1; }
        .chanceswatch { background: var(--muted); opacity: 0.35; }
        .whiskerswatch { width: 0; height: 14px; border-left: 2px solid var(--ink);
          border-radius: 0; }
        .band { opacity: 0.28; }
        .mean { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
        .weekend { fill: var(--accent); opacity: 0.55; }
        .weekendswatch { background: var(--accent); opacity: 0.55; }
        .weekdayswatch { background: var(--accent); }
        .diagonal { stroke: var(--muted); stroke-width: 1.5; stroke-dasharray: 5 4; }
        .reliabledot { fill: var(--c0); stroke: var(--card); stroke-width: 1; }
        .reliableswatch { background: var(--c0); border-radius: 50%; }
        .diagonalswatch { height: 0; width: 18px; border-top: 2px dashed var(--muted);
          border-radius: 0; }
        .square { max-width: 400px; }

        """

    /// What changes in pages of cards on small screens and on paper.
    static let cardSizes = """
        @media screen and (max-width: 820px) {
          .deck { grid-template-columns: minmax(0, 1fr); }
          .deck > .wide { grid-column: auto; }
        }
        @media screen and (max-width: 680px) {
          .tiles { grid-template-columns: 1fr 1fr; gap: 8px; margin: 10px 0 8px; }
          .tile { padding: 8px 10px; }
          .tile dd { font-size: 18px; }
          .rows li { grid-template-columns: minmax(0, 1fr) auto;
            grid-template-areas: "term figure" "meter note"; }
          .rows .note { min-width: 8.2em; }
        }
        @media print {
          .tiles { grid-template-columns: repeat(3, 1fr); }
          .tile dd { font-size: 13pt; }
          .part > h2, .part > .sub { break-after: avoid; }
        }

        """
}
