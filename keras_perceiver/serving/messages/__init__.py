"""What is said to servers, and files of it."""
