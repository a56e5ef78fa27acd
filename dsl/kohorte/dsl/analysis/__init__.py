"""Static analysis: what can be said about a rule, or about two, without any record."""
