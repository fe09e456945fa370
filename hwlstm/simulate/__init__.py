"""A build in simulation, every integer against the golden model."""
