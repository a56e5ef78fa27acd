"""Files: what was sent to be read later, and what was written to be fetched later."""
