"""Core of Kohorte: aggregates, values, commands, events, policies and ports.

Nothing here does I/O, reads a clock or draws a random number except through a port.
"""
