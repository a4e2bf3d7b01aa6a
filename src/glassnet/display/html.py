"""HTML for notebooks: one self-contained piece, without scripts, readable even without its style.

Every text passes `escape`. Text has the color of the page around it, whatever theme that is in.
"""

from collections.abc import Iterable, Sequence
from html import escape as escape_html
from itertools import count

from glassnet.core.activations import Array
from glassnet.display.blocks import Bars, Block, Equation, Paragraph, Picture, Section, Table
from glassnet.display.images import ink_uri
from glassnet.display.numbers import percent, printable

LONGEST = 500  # of a text, in characters
STYLE = """<style>
.glassnet-page { --rule: #8c959f; --first: #2166ac; --second: #b35806;
  font: 13px system-ui, sans-serif }
@media (prefers-color-scheme: dark) { .glassnet-page { --first: #58b4ff; --second: #ff9e4a } }
.glassnet-page summary { cursor: pointer; font-weight: 600; margin: 6px 0 }
.glassnet-page code { font: 12px ui-monospace, monospace; overflow-wrap: anywhere;
  background: none; color: inherit }
.glassnet-page p { margin: 4px 0; max-width: 44em }
.glassnet-page small, .glassnet-page th { opacity: .75 }
.glassnet-page table { border-collapse: collapse; color: inherit; font: inherit; margin: 4px 0 }
.glassnet-page th, .glassnet-page td { padding: 1px 8px; text-align: right }
.glassnet-page th { font-weight: 400 }
.glassnet-page.glassnet-page td.word, .glassnet-page.glassnet-page th.word { text-align: left }
.glassnet-page .bar { background: var(--first); display: inline-block; height: 9px }
.glassnet-page .boxes span { border: 1px solid var(--rule); border-radius: 4px; padding: 3px 8px;
  display: inline-block; margin: 2px }
.glassnet-page img { display: inline; image-rendering: pixelated; margin: 1px }
.glassnet-page svg { display: block; font-size: 9px; max-width: 360px }
.glassnet-page .line0 { color: var(--first) }
.glassnet-page .line1 { color: var(--second) }
</style>"""


def page(title: str, *parts: str) -> str:
    """Parts under a title, with the style that only they have."""
    return f'<div class="glassnet-page">{STYLE}<p><b>{escape(title)}</b></p>{"".join(parts)}</div>'


def to_html(title: str, sections: Sequence[Section], opened: int = 1) -> str:
    """Sections as a page; the first ones are opened."""
    return page(
        title,
        *(
            details(section.title, "".join(map(block_html, section.blocks)), k < opened)
            for k, section in enumerate(sections)
        ),
    )


def block_html(block: Block) -> str:
    """One block."""
    match block:
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Equation(text, source):
            line = f"{source.file}:{source.line}  {source.code}" if source else ""
            below = f"<br/><small><code>{escape(line)}</code></small>" if source else ""
            return f"<p><code>{escape(text)}</code>{below}</p>"
        case Table(head, rows, words):
            return table(head, rows, words)
        case Bars(names, shares):
            return bars(names, shares)
        case Picture(pixels, label):
            return image(ink_uri(pixels), label, 84)


def escape(text: str) -> str:
    """Any text as HTML that shows it."""
    return escape_html(printable(text, LONGEST))


def details(title: str, body: str, opened: bool = False) -> str:
    """What can be folded."""
    state = ' open="open"' if opened else ""
    return f"<details{state}><summary>{escape(title)}</summary>{body}</details>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: Sequence[int] = ()) -> str:
    """Rows under a head; what is in a column of `words` stands to the left."""

    def line(tag: str, cells: Iterable[str]) -> str:
        kinds = (f'{tag} class="word"' if k in words else tag for k in count())
        row = (f"<{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=False))
        return f"<tr>{''.join(row)}</tr>"

    body = "".join(line("td", row) for row in rows)
    top = f"<thead>{line('th', head)}</thead>" if any(head) else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"


def bars(names: Iterable[str], shares: Array) -> str:
    """One line for each share: its name, its percentage, a bar."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{percent(share, 1)}</td><td class="word">'
        f'<span class="bar" style="width: {120 * share:.0f}px"></span></td></tr>'
        for name, share in zip(names, shares.tolist(), strict=True)
    )
    return f"<table><tbody>{rows}</tbody></table>"


def image(uri: str, label: str, side: int) -> str:
    """A square image with what it shows in words."""
    words = escape(label)
    return f'<img src="{uri}" width="{side}" height="{side}" alt="{words}" title="{words}"/>'
