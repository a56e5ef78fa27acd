"""When the answer of a rule changes by time alone, if no data changes."""
