"""How each published system is trained: `python -m recipes NAME VERB`."""
