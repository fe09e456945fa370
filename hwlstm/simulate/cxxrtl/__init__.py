"""The embedded simulator's library: RTL through C++ (CXXRTL)."""
