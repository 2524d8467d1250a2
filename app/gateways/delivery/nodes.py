"""Names that are more than a name where XML is written: an attribute, a text, a root.

They are types of their own: no name that a lead brings along is ever one of them.
"""


class Attribute(str):
    """An attribute of an element, written `@name`, or its text, written `#text`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The attribute's name."""
        return self.removeprefix("@")


class Root(str):
    """The document's own element, where it is not `lead`; written `/name`."""

    __slots__ = ()


TEXT = Attribute("#text")
