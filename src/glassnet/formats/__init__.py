"""Formats: a model as other libraries have it, and theirs as a model. One file for each library.

`to_X` gives what the library takes in memory, `save_X` writes its file, and `from_X` reads both. No
library is imported to read its arrays: whatever has a shape and becomes a NumPy array will do.
"""
