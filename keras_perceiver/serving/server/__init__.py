"""What a server of exports starts with."""
