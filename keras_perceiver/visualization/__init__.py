"""Pictures of what models do. Imports matplotlib."""
