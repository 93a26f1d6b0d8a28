"""Images with labels: encoded files, their classes and how they are split.

`sources.open_images` turns a user's words into a source; `base` says what
every source gives.
"""
