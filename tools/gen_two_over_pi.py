#!/usr/bin/env python3
"""gen_two_over_pi: the table of simd/trig_large.c, the fractional bits of 2/pi in words of 64 bits.

Usage: gen_two_over_pi   (needs mpmath: Debian's python3-mpmath)
"""

from mpmath import floor, mp, mpf

WORDS = 20  # a word of zeros, then the bits that the largest double meets, and 192 more
mp.prec = 64 * WORDS + 64

words = [0]
fraction = 2 / mp.pi
for _ in range(WORDS - 1):
    fraction *= mpf(2) ** 64
    words.append(int(floor(fraction)))
    fraction -= words[-1]
for i in range(0, WORDS, 4):
    print("    " + " ".join(f"0x{word:016x}," for word in words[i : i + 4]))
