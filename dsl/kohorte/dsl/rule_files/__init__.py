"""Rule files: a rule and the examples that it must answer, in one text for editors, git and continuous integration."""
