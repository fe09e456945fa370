// A behavioural model of the block RAM of xc7, as far as yosys uses it: yosys' own gives x.
// From power-up on the outputs are 0. Two ports of 18 bits, or one to read and one to write of 36.

module RAMB18E1(
  input CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, REGCEAREGCE, REGCEB,
  input RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
  input [13:0] ADDRARDADDR, ADDRBWRADDR,
  input [15:0] DIADI, DIBDI,
  input [1:0] DIPADIP, DIPBDIP, WEA,
  input [3:0] WEBWE,
  output [15:0] DOADO, DOBDO,
  output [1:0] DOPADOP, DOPBDOP
);
  parameter RAM_MODE = "TDP", WRITE_MODE_A = "READ_FIRST", WRITE_MODE_B = "READ_FIRST";
  parameter INIT_A = 0, INIT_B = 0, SRVAL_A = 0, SRVAL_B = 0, DOA_REG = 0, DOB_REG = 0;
  parameter READ_WIDTH_A = 18, READ_WIDTH_B = 18, WRITE_WIDTH_A = 18, WRITE_WIDTH_B = 18;
  parameter [255:0]
    INIT_00 = 0, INIT_01 = 0, INIT_02 = 0, INIT_03 = 0, INIT_04 = 0, INIT_05 = 0, INIT_06 = 0,
    INIT_07 = 0, INIT_08 = 0, INIT_09 = 0, INIT_0A = 0, INIT_0B = 0, INIT_0C = 0, INIT_0D = 0,
    INIT_0E = 0, INIT_0F = 0, INIT_10 = 0, INIT_11 = 0, INIT_12 = 0, INIT_13 = 0, INIT_14 = 0,
    INIT_15 = 0, INIT_16 = 0, INIT_17 = 0, INIT_18 = 0, INIT_19 = 0, INIT_1A = 0, INIT_1B = 0,
    INIT_1C = 0, INIT_1D = 0, INIT_1E = 0, INIT_1F = 0, INIT_20 = 0, INIT_21 = 0, INIT_22 = 0,
    INIT_23 = 0, INIT_24 = 0, INIT_25 = 0, INIT_26 = 0, INIT_27 = 0, INIT_28 = 0, INIT_29 = 0,
    INIT_2A = 0, INIT_2B = 0, INIT_2C = 0, INIT_2D = 0, INIT_2E = 0, INIT_2F = 0, INIT_30 = 0,
    INIT_31 = 0, INIT_32 = 0, INIT_33 = 0, INIT_34 = 0, INIT_35 = 0, INIT_36 = 0, INIT_37 = 0,
    INIT_38 = 0, INIT_39 = 0, INIT_3A = 0, INIT_3B = 0, INIT_3C = 0, INIT_3D = 0, INIT_3E = 0,
    INIT_3F = 0;
  parameter [255:0]
    INITP_00 = 0, INITP_01 = 0, INITP_02 = 0, INITP_03 = 0, INITP_04 = 0, INITP_05 = 0, INITP_06 =
    0, INITP_07 = 0;
  localparam [16383:0] INIT = {
    INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A, INIT_39, INIT_38, INIT_37, INIT_36,
    INIT_35, INIT_34, INIT_33, INIT_32, INIT_31, INIT_30, INIT_2F, INIT_2E, INIT_2D, INIT_2C,
    INIT_2B, INIT_2A, INIT_29, INIT_28, INIT_27, INIT_26, INIT_25, INIT_24, INIT_23, INIT_22,
    INIT_21, INIT_20, INIT_1F, INIT_1E, INIT_1D, INIT_1C, INIT_1B, INIT_1A, INIT_19, INIT_18,
    INIT_17, INIT_16, INIT_15, INIT_14, INIT_13, INIT_12, INIT_11, INIT_10, INIT_0F, INIT_0E,
    INIT_0D, INIT_0C, INIT_0B, INIT_0A, INIT_09, INIT_08, INIT_07, INIT_06, INIT_05, INIT_04,
    INIT_03, INIT_02, INIT_01, INIT_00
  };
  localparam [2047:0] INITP = {
    INITP_07, INITP_06, INITP_05, INITP_04, INITP_03, INITP_02, INITP_01, INITP_00
  };
  localparam WIDE = RAM_MODE == "SDP";

  reg [17:0] words [0:1023];
  reg [17:0] a = 0, b = 0;
  integer k;
  initial for (k = 0; k < 1024; k = k + 1)
    words[k] = {INITP[2 * k + 1], INIT[16 * k + 8 +: 8], INITP[2 * k], INIT[16 * k +: 8]};
  initial if (DOA_REG != 0 || DOB_REG != 0) $finish(2);
  initial if (READ_WIDTH_A != (WIDE ? 36 : 18) && READ_WIDTH_A != 0) $finish(2);
  initial if (WRITE_WIDTH_B != (WIDE ? 36 : 18) && WRITE_WIDTH_B != 0) $finish(2);

  wire [9:0] at_a = ADDRARDADDR[13:4], at_b = ADDRBWRADDR[13:4];
  wire [17:0] di_a = {DIPADIP[1], DIADI[15:8], DIPADIP[0], DIADI[7:0]};
  wire [17:0] di_b = {DIPBDIP[1], DIBDI[15:8], DIPBDIP[0], DIBDI[7:0]};

  always @(posedge CLKARDCLK) if (ENARDEN) begin
    if (WIDE) {b, a} <= {words[at_a | 1], words[at_a & ~10'd1]};
    else begin
      a <= words[at_a];
      if (WEA[0]) words[at_a][8:0] <= di_a[8:0];
      if (WEA[1]) words[at_a][17:9] <= di_a[17:9];
    end
  end
  always @(posedge CLKBWRCLK) if (ENBWREN) begin
    if (WIDE) begin
      if (WEBWE[0]) words[at_b & ~10'd1][8:0] <= di_a[8:0];
      if (WEBWE[1]) words[at_b & ~10'd1][17:9] <= di_a[17:9];
      if (WEBWE[2]) words[at_b | 1][8:0] <= di_b[8:0];
      if (WEBWE[3]) words[at_b | 1][17:9] <= di_b[17:9];
    end else begin
      b <= words[at_b];
      if (WEBWE[0]) words[at_b][8:0] <= di_b[8:0];
      if (WEBWE[1]) words[at_b][17:9] <= di_b[17:9];
    end
  end

  assign {DOPADOP[1], DOADO[15:8], DOPADOP[0], DOADO[7:0]} = a;
  assign {DOPBDOP[1], DOBDO[15:8], DOPBDOP[0], DOBDO[7:0]} = b;
endmodule
