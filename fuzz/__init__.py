"""Coverage-guided fuzzing: bodies that no person would think of."""
