"""What pages are built of: tables and pictures in HTML, tables in Markdown, and one shell for all pages."""

import base64
from html import escape
from pathlib import Path
from string import Template

Table = tuple[list[str], list[list[str]]]  # head, rows


def image(alternative: str, content: bytes) -> str:
    """Return a PNG as an image that needs no other file, with a text for those who cannot see it."""
    return f'<img alt="{escape(alternative)}" src="data:image/png;base64,{base64.b64encode(content).decode()}">'


def markdown(content: Table) -> str:
    """Return a Markdown table, nothing without rows."""
    head, rows = content
    lines = [head, ["---"] * len(head), *rows] if rows else []
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def table(content: Table) -> str:
    """Return an HTML table, nothing without rows."""
    head, rows = content
    if not rows:
        return ""
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr></thead><tbody>{lines}</tbody></table>"


def page(title: str, template: str, **parts: str) -> str:
    """Return a page that needs no other file: the shell of all pages round a template filled with HTML parts."""
    script = _template("tabs.js") if 'role="tab"' in parts.get("tabs", "") else ""
    body = Template(_template(template)).substitute(parts, title=escape(title))
    shell = Template(_template("page.html"))
    return shell.substitute(title=escape(title), style=_template("page.css"), body=body, script=script)


def _template(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
