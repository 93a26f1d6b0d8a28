"""Clouds of points: from meshes and tables of points to what a model reads."""
