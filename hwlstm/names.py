"""Names that become modules and ports: what Verilog and a file system both accept."""

import re

__all__ = ["VERILOG_WORDS", "check_name", "is_name", "is_port"]

_KEYWORDS = """
    always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign
    default defparam design disable edge else end endcase endconfig endfunction endgenerate
    endmodule endprimitive endspecify endtable endtask event for force forever fork function
    generate genvar highz0 highz1 if ifnone incdir include initial inout input instance integer
    join large liblist library localparam macromodule medium module nand negedge nmos nor
    noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1
    pulldown pullup pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg release repeat
    rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled signed small specify specparam
    strong0 strong1 supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1 triand
    trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor
"""

PORTS, PORT_PREFIXES = ("clk", "rst", "error"), ("s_axis_", "m_axis_", "tap_")

VERILOG_WORDS = frozenset(_KEYWORDS.split())
"""The keywords of Verilog-2005 (IEEE 1364-2005, annex B)."""


def is_name(text: str) -> bool:
    """True for an ASCII identifier that is no keyword of Verilog."""
    return re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII) is not None and text not in VERILOG_WORDS


def is_port(text: str) -> bool:
    """True for what a port of a design is called, or may be."""
    return text in PORTS or text.startswith(PORT_PREFIXES)


def check_name(what: str, text: str) -> None:
    if not isinstance(text, str) or not is_name(text):
        raise ValueError(f"{what} must be an identifier that is no Verilog keyword, not {text!r}")
