/// The style of the room page: light and dark, from 320 px on, in both directions of writing (logical properties only).
/// Colours are custom properties, whose contrast a test reckons.
enum RoomPageStyle {
    static let text = """
        :root {
          color-scheme: light dark;
          --ground: #f3f5f9;
          --card: #ffffff;
          --ink: #1a2130;
          --faint: #525c70;
          --edge: #6f7a8f;
          --accent: #1d4fa8;
          --on-accent: #ffffff;
          --danger: #a61b1b;
          --focus: #1d4fa8;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #11151d;
            --card: #1b212d;
            --ink: #e8ecf4;
            --faint: #aab4c6;
            --edge: #7f8ba1;
            --accent: #9dc1ff;
            --on-accent: #0d1a30;
            --danger: #ffaaa3;
            --focus: #9dc1ff;
          }
        }
        *, *::before, *::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body {
          margin: 0;
          min-block-size: 100vh;
          display: flex;
          flex-direction: column;
          align-items: center;
          padding-block: 1.5rem;
          padding-inline: 1rem;
          background: var(--ground);
          color: var(--ink);
          font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif;
          overflow-wrap: anywhere;
        }
        header, main, footer { inline-size: 100%; max-inline-size: 34rem; }
        main {
          margin-block: auto;
          padding: 1.5rem;
          background: var(--card);
          border: 1px solid var(--edge);
          border-radius: 0.75rem;
        }
        header p { margin-block: 0 1rem; font-weight: 600; text-align: center; }
        h1 { margin-block: 0 0.75rem; font-size: 1.5rem; line-height: 1.25; }
        h2 { margin-block: 0 0.5rem; font-size: 1.0625rem; }
        p { margin-block: 0 1rem; }
        dl { margin-block: 0 1rem; }
        dl div { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; }
        dt { color: var(--faint); }
        dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
        a { color: var(--accent); }
        [hidden] { display: none !important; }
        .faint, .hint { color: var(--faint); font-size: 0.9375rem; }
        .hint { margin-block: 0 0.25rem; }
        .field { margin-block-end: 1.25rem; }
        label { font-weight: 600; }
        input[type="text"], input[type="email"], input[type="password"] {
          display: block;
          inline-size: 100%;
          min-block-size: 2.75rem;
          padding-block: 0.5rem;
          padding-inline: 0.75rem;
          border: 1px solid var(--edge);
          border-radius: 0.375rem;
          background: var(--card);
          color: var(--ink);
          font: inherit;
        }
        input[aria-invalid="true"] { border-color: var(--danger); border-width: 2px; }
        .check { display: flex; align-items: flex-start; gap: 0.75rem; min-block-size: 2.75rem; margin-block-end: 0.75rem; }
        .check label { padding-block: 0.5rem; font-weight: 400; }
        .check input { flex: none; inline-size: 1.5rem; block-size: 1.5rem; margin: 0.5rem 0; accent-color: var(--accent); }
        .error { margin-block: 0 0.25rem; color: var(--danger); font-weight: 600; }
        .errors {
          margin-block-end: 1.25rem;
          padding: 1rem;
          border: 2px solid var(--danger);
          border-radius: 0.375rem;
        }
        .errors ul { margin: 0; padding-inline-start: 1.25rem; }
        .errors a { display: block; padding-block: 0.25rem; color: var(--danger); }
        button, .button {
          display: block;
          inline-size: 100%;
          min-block-size: 2.75rem;
          margin-block-end: 0.75rem;
          padding-block: 0.625rem;
          padding-inline: 1rem;
          border: 2px solid var(--accent);
          border-radius: 0.375rem;
          background: var(--accent);
          color: var(--on-accent);
          font: inherit;
          font-weight: 600;
          text-align: center;
          text-decoration: none;
          cursor: pointer;
        }
        .button.second, button.second { background: transparent; color: var(--accent); }
        button:disabled, button[aria-disabled="true"] { border-style: dashed; background: transparent; color: var(--faint); cursor: default; }
        :focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; }
        .errors:focus { outline: 3px solid var(--danger); outline-offset: 3px; }
        .dots { display: flex; gap: 0.5rem; margin-block-end: 1rem; }
        .dots span { inline-size: 0.75rem; block-size: 0.75rem; border-radius: 50%; background: var(--accent); }
        @media (prefers-reduced-motion: no-preference) {
          .dots span { animation: breathe 1.8s ease-in-out infinite; }
          .dots span:nth-child(2) { animation-delay: 0.3s; }
          .dots span:nth-child(3) { animation-delay: 0.6s; }
          @keyframes breathe { 50% { opacity: 0.25; } }
        }
        footer { margin-block-start: 1.5rem; color: var(--faint); font-size: 0.9375rem; }
        footer ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0 0 0.5rem; padding: 0; list-style: none; }
        footer li a { display: inline-block; min-block-size: 2.75rem; padding-block: 0.625rem; }
        footer [aria-current] { font-weight: 600; color: var(--ink); }
        @media (forced-colors: active) {
          main, .errors, button, .button { border-color: CanvasText; }
        }

        """
}
