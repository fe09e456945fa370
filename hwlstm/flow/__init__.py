"""What is done with a plan: written, simulated, synthesised."""
