"""The drawings of docs/architecture.md and docs/algebra.md, as SVG.

    python -m scripts.drawings

Each drawing is a function; `docs/drawings/NAME.svg` is what it gives. They have
a background of their own, so that they can be read on dark pages too.
"""

import pathlib
from xml.sax import saxutils

FOLDER = pathlib.Path(__file__).parents[1] / "docs" / "drawings"

INK, PAPER = "#1f2937", "#ffffff"
INPUT, LATENT, QUERY = "#cfe3f7", "#fbd9a8", "#d3ecd0"
PLAIN = "#eceff3"


class Drawing:
    """Shapes on paper; every method adds one.

    Args:
        width: of the paper, in pixels.
        height: of the paper.
        title: what is drawn, for those who cannot see it.
    """

    def __init__(self, width, height, title):
        self.width, self.height, self.title = width, height, title
        self.shapes = []

    def box(self, x, y, width, height, color, text="", size=13):
        """Adds a box with lines of text in its middle."""
        self.shapes.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" '
            f'fill="{color}" stroke="{INK}"/>'
        )
        if text:
            self.text(x + width / 2, y + height / 2, text, size=size)

    def text(self, x, y, text, size=13, anchor="middle"):
        """Adds lines of text around a point."""
        lines = text.split("\n")
        first = y - (len(lines) - 1) * (size + 3) / 2 + size * 0.35
        for i, line in enumerate(lines):
            self.shapes.append(
                f'<text x="{x:g}" y="{first + i * (size + 3):g}" '
                f'font-size="{size}" text-anchor="{anchor}">'
                f"{saxutils.escape(line)}</text>"
            )

    def arrow(self, *points):
        """Adds a line through points, with a head at the last one."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.shapes.append(
            f'<polyline points="{path}" fill="none" stroke="{INK}" '
            'stroke-width="1.5" marker-end="url(#head)"/>'
        )

    def array(self, x, y, rows, columns, color, side=12):
        """Adds an array as a grid of squares."""
        for row in range(rows):
            for column in range(columns):
                self.shapes.append(
                    f'<rect x="{x + column * side}" y="{y + row * side}" '
                    f'width="{side}" height="{side}" fill="{color}" '
                    f'stroke="{INK}" stroke-width="0.6"/>'
                )

    def svg(self):
        """Returns the text of the file."""
        shapes = "\n".join(self.shapes)
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="sans-serif" fill="{INK}">\n'
            f"<title>{saxutils.escape(self.title)}</title>\n"
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" '
            'markerWidth="8" markerHeight="8" orient="auto">'
            f'<path d="M0,0 L8,4 L0,8 z" fill="{INK}"/></marker></defs>\n'
            f'<rect width="{self.width}" height="{self.height}" '
            f'fill="{PAPER}"/>\n{shapes}\n</svg>\n'
        )


def read_process_write():
    """Inputs, latents, queries and outputs, with the letters of the paper."""
    paper = Drawing(
        860, 330, "Latents read inputs, process, and queries read the latents"
    )
    paper.array(40, 40, 18, 3, INPUT)
    paper.text(58, 280, "inputs\nM x C")
    paper.array(150, 190, 5, 5, LATENT)
    paper.text(180, 280, "latents\nN x D")
    paper.box(250, 110, 110, 60, PLAIN, "cross-attention\n+ MLP")
    paper.text(305, 90, "read", size=15)
    paper.arrow((78, 130), (248, 130))
    paper.text(165, 118, "keys, values", size=11)
    paper.arrow((212, 220), (305, 220), (305, 172))
    paper.text(252, 234, "queries", size=11)
    paper.box(410, 110, 110, 60, PLAIN, "self-attention\n+ MLP")
    paper.text(465, 90, "process", size=15)
    paper.arrow((360, 140), (408, 140))
    paper.arrow((508, 110), (508, 72), (422, 72), (422, 108))
    paper.text(465, 60, "L layers, perhaps several times", size=11)
    paper.arrow((520, 140), (578, 140))
    paper.text(549, 128, "N x D", size=11)
    paper.box(580, 110, 110, 60, PLAIN, "cross-attention\n+ MLP")
    paper.text(635, 90, "write", size=15)
    paper.array(555, 200, 6, 3, QUERY)
    paper.text(573, 296, "queries\nO x E")
    paper.arrow((593, 236), (635, 236), (635, 172))
    paper.arrow((690, 140), (758, 140))
    paper.array(762, 104, 6, 3, QUERY)
    paper.text(780, 200, "outputs\nO x E")
    return paper


def block():
    """The one block that all three stages are made of."""
    paper = Drawing(860, 250, "Norms, attention, residuals and an MLP")
    paper.box(20, 40, 90, 40, LATENT, "X\nO x E", size=12)
    paper.box(20, 160, 90, 40, INPUT, "inputs\nM x C", size=12)
    paper.box(150, 40, 60, 40, PLAIN, "norm")
    paper.box(150, 160, 60, 40, PLAIN, "norm")
    paper.box(245, 40, 70, 40, PLAIN, "query")
    paper.box(245, 130, 70, 36, PLAIN, "key")
    paper.box(245, 186, 70, 36, PLAIN, "value")
    paper.box(360, 60, 110, 90, PLAIN, "softmax\n(q·k / √d)\nx values")
    paper.box(510, 85, 70, 40, PLAIN, "output")
    paper.box(680, 85, 90, 40, PLAIN, "norm, MLP")
    paper.arrow((110, 60), (148, 60))
    paper.arrow((210, 60), (243, 60))
    paper.arrow((315, 60), (338, 60), (338, 80), (358, 80))
    paper.arrow((110, 180), (148, 180))
    paper.arrow((210, 174), (228, 174), (228, 148), (243, 148))
    paper.arrow((210, 186), (228, 186), (228, 204), (243, 204))
    paper.arrow((315, 148), (338, 148), (338, 115), (358, 115))
    paper.arrow((315, 204), (415, 204), (415, 152))
    paper.arrow((470, 105), (508, 105))
    paper.arrow((580, 105), (618, 105))
    paper.text(628, 105, "+", size=20)
    paper.arrow((638, 105), (678, 105))
    paper.arrow((770, 105), (798, 105))
    paper.text(808, 105, "+", size=20)
    paper.arrow((818, 105), (852, 105))
    paper.arrow((65, 40), (65, 18), (628, 18), (628, 93))
    paper.text(350, 30, "added, or not: query_residual", size=11)
    paper.arrow((656, 105), (656, 150), (808, 150), (808, 118))
    paper.text(732, 162, "always added", size=11)
    return paper


def encode_once():
    """One set of latents, asked several times."""
    paper = Drawing(700, 230, "Encode once, decode any outputs, many times")
    paper.box(20, 90, 90, 46, INPUT, "inputs")
    paper.box(150, 90, 110, 46, PLAIN, "model.encode")
    paper.box(300, 90, 90, 46, LATENT, "latents\nN x D")
    paper.arrow((110, 113), (148, 113))
    paper.arrow((260, 113), (298, 113))
    for i, wanted in enumerate(("pixels 0 to 999", "one label", "a sound")):
        y = 20 + 72 * i
        paper.box(440, y, 110, 44, PLAIN, "model.decode")
        paper.box(590, y, 100, 44, QUERY, wanted, size=12)
        paper.arrow((390, 113), (414, 113), (414, y + 22), (438, y + 22))
        paper.arrow((550, y + 22), (588, y + 22))
    return paper


def chunks():
    """Scores of attention, held for a few queries at a time."""
    paper = Drawing(760, 270, "Rows of scores are computed chunk by chunk")
    paper.array(60, 40, 12, 2, QUERY, side=16)
    paper.text(76, 250, "queries, O")
    paper.array(150, 10, 1, 20, INPUT, side=16)
    paper.text(310, 250, "keys, M")
    for row in range(12):
        color = LATENT if 4 <= row < 8 else PAPER
        paper.array(150, 40 + 16 * row, 1, 20, color, side=16)
    paper.arrow((94, 136), (147, 136))
    paper.text(
        490,
        136,
        "in memory: one chunk of queries\nagainst all keys. Every row has its\n"
        "whole softmax, so nothing is\napproximated.",
        anchor="start",
    )
    return paper


DRAWINGS = {
    "read_process_write": read_process_write,
    "block": block,
    "encode_once": encode_once,
    "chunks": chunks,
}


def main():
    """Writes all drawings."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in DRAWINGS.items():
        (FOLDER / f"{name}.svg").write_text(draw().svg())


if __name__ == "__main__":
    main()
