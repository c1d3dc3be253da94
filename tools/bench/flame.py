#!/usr/bin/env python3
"""Draws a flame graph (SVG, on standard output) of what `perf script` prints, read from standard input.

    export DOTNET_PerfMapEnabled=1 DOTNET_EnableWriteXorExecute=0 DOTNET_ReadyToRun=0 DOTNET_TieredCompilation=0
    perf record -e cpu-clock -F 999 -g -o perf.data SmartCity.Benchmarks engine --bootstrap-servers HOST:PORT
    perf script -i perf.data | tools/bench/flame.py > flame.svg
"""
import collections
import html
import re
import sys

WIDTH, ROW, LEAST = 1200, 15, 0.0025


def short(frame):
    """The method's name with its type, without assemblies, arguments and type parameters."""
    frame = re.sub(r"^\s*[0-9a-f]+ ", "", frame.rstrip())
    frame = re.sub(r"\+0x[0-9a-f]+ \(.*|\s\([^()]*\)$", "", frame)
    if "::" in frame and "[" in frame:
        frame = re.sub(r"\[[^\[\]]*\]", "", re.sub(r"\[[^\[\]]*\]", "", frame))
        match = re.search(r"([\w`+/]+)::([\w.<>|]+)", frame)
        if match:
            return match.group(1).split("/")[-1].split("`")[0] + "." + match.group(2).split(".")[-1]
    return frame[:70]


def stacks(lines):
    thread, frames = None, []
    for line in lines:
        if not line.strip():
            if thread:
                yield [thread] + [f for f in reversed(frames) if f != "[unknown]"]
            thread, frames = None, []
        elif line[0] not in " \t":
            match = re.match(r"(.*?)\s+(\d+)\s", line)
            thread = re.sub(r"[0-9a-f]{6,}.*", "…", match.group(1)) + " " + match.group(2)
        else:
            frames.append(short(line))


def tree():
    return {"n": 0, "c": collections.defaultdict(tree)}


root = tree()
for stack in stacks(sys.stdin):
    node = root
    node["n"] += 1
    for frame in stack:
        node = node["c"][frame]
        node["n"] += 1

boxes, depth = [], 0


def place(node, name, x, level):
    global depth
    width = node["n"] / root["n"]
    if width < LEAST:
        return
    depth = max(depth, level)
    boxes.append((x, level, width, name))
    for child, below in sorted(node["c"].items(), key=lambda item: -item[1]["n"]):
        place(below, child, x, level + 1)
        x += below["n"] / root["n"]


sys.setrecursionlimit(10_000)
place(root, "all", 0.0, 0)
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {(depth + 1) * ROW}" font-family="monospace" font-size="10">')
for x, level, width, name in boxes:
    hue = 20 + sum(map(ord, name)) % 35
    label = html.escape(name)
    fits = int(width * WIDTH / 6.2)
    text = html.escape(name[:fits]) if fits > 3 else ""
    top = (depth - level) * ROW
    print(f'<g><title>{label} {width:.1%}</title><rect x="{x * WIDTH:.1f}" y="{top}" width="{max(width * WIDTH - 0.5, 0.5):.1f}" height="{ROW - 1}" fill="hsl({hue},85%,68%)"/>'
          + (f'<text x="{x * WIDTH + 2:.1f}" y="{top + 11}">{text}</text>' if text else "") + "</g>")
print("</svg>")
