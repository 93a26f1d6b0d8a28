"""Texts and pairs of texts with a class or a score each, of several tasks.

`sources.open_texts` turns a user's words into a source; `base` says what
every source gives.
"""
