"""What a syntax tree means over a catalogue, or everything that is wrong with it."""
