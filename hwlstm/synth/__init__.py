"""What a device makes of a build: area, and the routed clock."""
