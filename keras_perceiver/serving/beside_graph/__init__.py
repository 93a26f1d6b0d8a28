"""What lies beside the graph of an export."""
