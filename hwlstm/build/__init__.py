"""A plan as a folder: Verilog, memories, manifest, expected integers, cocotb bench."""
