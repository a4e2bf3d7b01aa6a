"""The mathematics, written once and plainly: NumPy, and no files, clocks or hidden randomness."""
