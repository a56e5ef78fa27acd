"""Rules as Python functions, for one record or for many."""
