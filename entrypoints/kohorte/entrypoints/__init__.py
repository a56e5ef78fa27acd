"""Entry points of Kohorte: the command line, and what wires core and adapters together."""
