"""From text to syntax tree and back: grammar, parser, limits, printer, and what is said where text is refused."""
