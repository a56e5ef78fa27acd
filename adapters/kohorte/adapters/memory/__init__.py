"""A storage in memory: the model that tests compare databases with, and all that an embedder's tests need."""

from kohorte.adapters.memory.storage import MemoryStorage

__all__ = ["MemoryStorage"]
