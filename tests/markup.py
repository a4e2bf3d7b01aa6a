"""HTML as a tree, which fails where it is not well-formed."""

import re
from xml.etree import ElementTree


def parse(html):
    """The tree of a page, checked to be one that any notebook may show."""
    tree = ElementTree.fromstring(html)
    assert {node.tag for node in tree.iter()}.isdisjoint({"script", "link", "iframe"})
    for node in tree.iter():
        assert not [name for name in node.attrib if name.startswith("on")]
        assert node.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
    for rule in re.findall(r"([^{}]+)\{[^{}]*\}", tree.find("style").text):
        for selector in rule.split("{")[-1].split(","):
            assert selector.strip().startswith(".glassnet-page")
    return tree


def words(tree):
    """What a reader reads, without the style."""
    return " ".join(" ".join(part.itertext()) for part in tree if part.tag != "style").split()
