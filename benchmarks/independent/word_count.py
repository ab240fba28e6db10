"""Command: counts words in Python, a second language's reading of the same rule. Standard library only.

python3 benchmarks/independent/word_count.py <input file> <output.csv>

Python's re has no \\p{L}, and [^\\W\\d_] is more than it (it holds numerals such as U+00B2 and U+2167), so the
class of letters is built from the Unicode categories that make up L.
"""

import re
import sys
import unicodedata
from collections import Counter


def letters():
    """The categories Lu Ll Lt Lm Lo as the ranges of a character class."""
    ranges = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == "L":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "[" + "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in ranges) + "]+"


def main(source, target):
    words = re.compile(letters())
    counts = Counter()
    with open(source, "rb") as lines:  # binary: lines end at LF only; a CR before it is no letter
        for line in lines:
            counts.update(words.findall(line.decode("utf-8", "replace").lower()))
    with open(target, "w", encoding="utf-8", newline="\n") as out:
        out.write("value,count\n")
        for word, count in counts.items():
            out.write(f"{word},{count}\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: word_count.py <input file> <output.csv>")
    main(sys.argv[1], sys.argv[2])
