"""Files: rows to import, reject files, exports."""
