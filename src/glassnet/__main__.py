"""`python -m glassnet`, the same as `glassnet`."""

from glassnet.cli import main

main()
