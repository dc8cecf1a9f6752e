"""What things are and mean: pure, without I/O."""
