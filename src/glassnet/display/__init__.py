"""Display: what is shown, as values, and its views: plain text and HTML. Nothing here computes."""
