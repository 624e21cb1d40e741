namespace Cairn.Reports.Report.Html;

/// <summary>The style of an HTML report. Every pair of colours has a contrast of at least 4.5 (WCAG 2.2, 1.4.3), borders that carry meaning 3.</summary>
internal static class HtmlStyle
{
    public const string Text = """
        :root {
          color-scheme: light dark;
          --paper: #ffffff; --ink: #1a1d21; --faint: #50575f; --line: #c9ced4; --head: #eef1f4; --link: #0b57a4;
          --warn: #fff4e0; --warn-line: #b35c00; --good: #e9f6ec; --good-line: #1e7d37; --note: #f3f5f8;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #16191d; --ink: #e6e8eb; --faint: #a9b1ba; --line: #3c434b; --head: #23282e; --link: #8ec1ff;
            --warn: #3a2a12; --warn-line: #e09a3e; --good: #15301c; --good-line: #59b973; --note: #1f242a;
          }
        }
        * { box-sizing: border-box; }
        html { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; scroll-padding-top: 1rem; }
        body { margin: 0; background: var(--paper); color: var(--ink); }
        header, footer { max-width: 88rem; margin: 0 auto; padding: 1.5rem 2rem; }
        header { border-bottom: 1px solid var(--line); }
        footer { border-top: 1px solid var(--line); color: var(--faint); font-size: .875rem; }
        .columns { max-width: 88rem; margin: 0 auto; padding: 0 2rem; display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 3rem; align-items: start; }
        nav { position: sticky; top: 0; max-height: 100vh; overflow: auto; padding: 1.5rem 0; font-size: .9375rem; }
        nav h2 { font-size: 1rem; margin: 0 0 .5rem; border: 0; padding: 0; }
        nav ol { list-style: none; margin: 0; padding: 0; }
        nav ol ol { padding-left: 1rem; }
        nav a { display: block; padding: .3rem .5rem; border-radius: .25rem; text-decoration: none; overflow-wrap: anywhere; }
        nav a:hover { background: var(--head); text-decoration: underline; }
        main { padding: 1rem 0 3rem; min-width: 0; }
        main:focus { outline: none; }
        a { color: var(--link); }
        a:focus-visible, .wide:focus-visible, pre:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        .skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--paper); }
        .skip:focus { left: .5rem; top: .5rem; z-index: 1; }
        h1 { font-size: 2rem; line-height: 1.2; margin: .5rem 0 1.5rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.5rem; line-height: 1.25; margin: 2.5rem 0 1rem; padding-bottom: .25rem; border-bottom: 2px solid var(--line); overflow-wrap: anywhere; }
        h3 { font-size: 1.2rem; margin: 2rem 0 .75rem; overflow-wrap: anywhere; }
        h4, h5 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
        .number { color: var(--faint); font-weight: 400; margin-right: .35em; }
        p, ul, ol.steps { max-width: 46rem; }
        li { margin: .3rem 0; }
        p, li, dd, td { overflow-wrap: anywhere; }
        bdi, code { white-space: pre-wrap; overflow-wrap: anywhere; }
        code, pre { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace; font-size: .9em; }
        pre { background: var(--note); padding: .75rem 1rem; overflow: auto; border-radius: .25rem; }
        dl { margin: 0 0 1.25rem; }
        dl > div { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 1rem; padding: .3rem 0; border-top: 1px solid var(--line); }
        dl > div:last-child { border-bottom: 1px solid var(--line); }
        dt { color: var(--faint); }
        dd { margin: 0; }
        .wide { overflow-x: auto; margin: 1rem 0 1.5rem; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; }
        caption { text-align: left; font-weight: 600; padding: .25rem 0 .5rem; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
        th { background: var(--head); font-weight: 600; }
        td { min-width: 4rem; }
        .n { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; white-space: nowrap; }
        .note { color: var(--faint); }
        .warning, .good { padding: .6rem 1rem; border-left: 4px solid; border-radius: .25rem; }
        .warning { background: var(--warn); border-color: var(--warn-line); }
        .good { background: var(--good); border-color: var(--good-line); }
        .marking { text-align: center; font-weight: 700; letter-spacing: .04em; max-width: none; color: var(--ink); }
        article { border: 1px solid var(--line); border-radius: .375rem; padding: .25rem 1.25rem; margin: 1rem 0; content-visibility: auto; contain-intrinsic-size: auto 30rem; }
        article h3, article h4, article h5 { margin-top: .75rem; }
        figure { margin: 0 0 1rem; }
        img { max-width: 20rem; max-height: 20rem; width: auto; height: auto; object-fit: contain; border: 1px solid var(--line); }
        img[src^="data:image/bmp"] { width: 12rem; height: auto; }
        @media (max-width: 60rem) {
          .columns { display: block; padding: 0 1rem; }
          header, footer { padding: 1rem; }
          nav { position: static; max-height: none; }
          dl > div { grid-template-columns: 1fr; gap: 0; }
        }
        @media print {
          :root { color-scheme: light; --paper: #fff; --ink: #000; --faint: #444; --line: #bbb; --head: #eee; --link: #000; --warn: #fff; --good: #fff; --note: #fff; }
          @page { size: A4; margin: 18mm 16mm; }
          html { font-size: 10pt; }
          .columns { display: block; padding: 0; max-width: none; }
          header, footer { padding: 0 0 1rem; max-width: none; }
          nav { position: static; max-height: none; break-after: page; }
          .skip { display: none; }
          .wide { overflow: visible; }
          h2, h3, h4, h5, caption { break-after: avoid; }
          tr, dl > div, figure { break-inside: avoid; }
          thead { display: table-header-group; }
          article { content-visibility: visible; border: 0; border-top: 1px solid var(--line); padding: 0; }
        }

        """;
}
