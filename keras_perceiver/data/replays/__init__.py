"""Replays of StarCraft II: what players knew, and which units they selected."""
