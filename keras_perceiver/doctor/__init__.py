"""What this installation has, lacks and can do: `keras-perceiver doctor`."""
