"""Data: from bytes in files to rows of pixels with their labels."""
