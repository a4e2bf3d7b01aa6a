"""The page: draw a digit, see every number on its way, watch a network learn.

The browser computes; the server sends it models, data, training events, and what Python says to the
same question. Starlette, uvicorn and websockets are used here and nowhere else.
"""
