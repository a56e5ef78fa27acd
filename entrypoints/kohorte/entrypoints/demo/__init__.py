"""The demo: a real shop's year, imported and segmented in front of the reader's eyes."""
