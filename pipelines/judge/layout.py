"""How a page is laid out: tables and pictures in HTML, tables in Markdown, and the page around them. Pure."""

import base64
from html import escape
from string import Template

Table = tuple[list[str], list[list[str]]]  # head, rows


def image(said: str, content: bytes) -> str:
    """Return a PNG as an image that needs no other file; `said` is its text for who cannot see it."""
    return f'<img alt="{escape(said)}" src="data:image/png;base64,{base64.b64encode(content).decode()}">'


def markdown(table: Table) -> str:
    """Return a Markdown table, nothing without rows."""
    head, rows = table
    lines = [head, ["---"] * len(head), *rows] if rows else []
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def html(table: Table) -> str:
    """Return an HTML table, nothing without rows."""
    head, rows = table
    if not rows:
        return ""
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr></thead><tbody>{lines}</tbody></table>"


PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Candidate: $decision</title>
<style>
:root { color-scheme: light dark; --line: light-dark(#d4d7dc, #3b4048); --soft: light-dark(#f5f6f8, #1f2329);
  --good: light-dark(#1d7a46, #59c98b); --bad: light-dark(#b3261e, #ff8a80); --warn: light-dark(#8a5a00, #f2b84b) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem;
  background: light-dark(#fff, #14171b); color: light-dark(#1c1f23, #e6e8eb) }
h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }
ul { margin: .3rem 0 .6rem; padding-left: 1.2rem }
[role=tablist] { display: flex; flex-wrap: wrap; gap: .4rem 1.3rem; margin: 1.5rem 0 0 }
[role=tab] { position: relative; flex: 1 1 6.5rem; font: inherit; font-weight: 600; padding: .5rem .4rem; cursor: pointer;
  color: inherit; background: var(--soft); border: 2px solid var(--line); border-radius: .6rem; border-top-width: 5px }
[role=tab]:not(:last-child)::after { content: "→"; position: absolute; right: -1.25rem; top: .9rem; color: GrayText }
[role=tab] small { display: block; font-weight: 400; color: GrayText }
[role=tab].fine { border-top-color: var(--good) } [role=tab].failed { border-top-color: var(--bad) }
[role=tab].warned { border-top-color: var(--warn) } [role=tab].skipped { opacity: .65 }
[role=tab][aria-selected=true] { border-inline-color: currentcolor; border-bottom-color: currentcolor; background: light-dark(#fff, #2a2f37) }
[role=tab]:focus-visible { outline: 3px solid Highlight; outline-offset: 2px }
section { overflow-x: auto }
table { border-collapse: collapse; margin: .8rem 0; font-size: .92rem }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td:first-child, th { white-space: nowrap }
td:not(:first-child) { font-variant-numeric: tabular-nums }
img { display: block; max-width: 100%; background: #fff; border-radius: .5rem; margin: 1rem 0 }
@media (max-width: 40rem) { [role=tablist] { flex-direction: column; gap: 1.1rem }
  [role=tab] { flex: none } [role=tab]:not(:last-child)::after { content: "↓"; right: 50%; top: auto; bottom: -1.45rem } }
</style></head><body>
<h1>decided: $decision</h1><ul>$lead</ul><p>$made $outcome</p>
<nav role="tablist" aria-label="The pipeline; select a stage">$tabs</nav>
$panels
<script>
const tabs = [...document.querySelectorAll("[role=tab]")];
function select(tab) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", each === tab);
    each.tabIndex = each === tab ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
}
for (const [place, tab] of tabs.entries()) {
  tab.onclick = () => select(tab);
  tab.onkeydown = event => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(place + step + tabs.length) % tabs.length];
    next.focus(); select(next);
  };
}
const asked = document.getElementById("tab-" + location.hash.slice(1));
select(asked || tabs.find(tab => tab.getAttribute("aria-selected") === "true"));
</script></body></html>
""")
