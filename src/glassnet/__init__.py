"""glassnet."""
