"""Access: who may ask for what, by API keys."""
