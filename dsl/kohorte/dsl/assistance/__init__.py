"""Help for those who write rules: completion, descriptions, findings with their fixes, colours, and layout.

Pure functions over a text and a ``Knowledge``, for editors of any kind. They answer for every text, broken and
half-written ones too, in time proportional to it.
"""
