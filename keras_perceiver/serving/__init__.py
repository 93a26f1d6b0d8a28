"""SavedModels that need no Keras: writing, checking and asking them."""
