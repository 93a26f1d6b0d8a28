"""Pairs of frames with their flow: generated ones, and those of data sets."""
