"""Jobs: long work that a worker does while whoever asked for it goes on."""
