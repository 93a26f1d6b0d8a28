"""The numbers of every published model, one file for each paper section."""
