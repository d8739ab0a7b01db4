#!/usr/bin/env python3
"""Writes a C++ file that holds the bytes of another: embed.py IN OUT NAMESPACE NAME (a std::string_view)."""
import sys


def main():
    source, target, namespace, name = sys.argv[1:]
    with open(source, "rb") as f:
        data = f.read()
    lines = [",".join(str(b) for b in data[i:i + 64]) for i in range(0, len(data), 64)]
    body = ",\n".join(lines)
    with open(target, "w") as f:
        f.write(f"#include <string_view>\nnamespace {namespace} {{\n"
                f"static const unsigned char kBytes[] = {{\n{body}}};\n"
                f"extern const std::string_view {name};\n"
                f"const std::string_view {name}(reinterpret_cast<const char*>(kBytes), sizeof kBytes);\n}}\n")


if __name__ == "__main__":
    main()
