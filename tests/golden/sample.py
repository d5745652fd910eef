"""Line-based diff of two texts, and a patch that can be applied again."""

from dataclasses import dataclass
from typing import Iterator, List


@dataclass(frozen=True)
class Edit:
    """Lines old[start:end] are replaced by `lines`."""

    start: int
    end: int
    lines: tuple

    def shift(self, offset: int) -> "Edit":
        return Edit(self.start + offset, self.end + offset, self.lines)


def common_prefix(a: List[str], b: List[str]) -> int:
    n = 0
    while n < len(a) and n < len(b) and a[n] == b[n]:
        n += 1
    return n


def longest_common_subsequence(a: List[str], b: List[str]) -> List[List[int]]:
    """table[i][j] is the length for a[i:] and b[j:]."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            if a[i] == b[j]:
                table[i][j] = table[i + 1][j + 1] + 1
            else:
                table[i][j] = max(table[i + 1][j], table[i][j + 1])
    return table


def diff(old: List[str], new: List[str]) -> Iterator[Edit]:
    skip = common_prefix(old, new)
    a, b = old[skip:], new[skip:]
    table = longest_common_subsequence(a, b)
    i = j = 0
    while i < len(a) or j < len(b):
        start, added = i, []
        while i < len(a) or j < len(b):
            if i < len(a) and j < len(b) and a[i] == b[j]:
                break
            if j == len(b) or (i < len(a) and table[i + 1][j] >= table[i][j + 1]):
                i += 1
            else:
                added.append(b[j])
                j += 1
        if i > start or added:
            yield Edit(start, i, tuple(added)).shift(skip)
        while i < len(a) and j < len(b) and a[i] == b[j]:
            i += 1
            j += 1


def apply(old: List[str], edits: List[Edit]) -> List[str]:
    result, position = [], 0
    for edit in edits:
        if edit.start < position:
            raise ValueError(f"edit at line {edit.start} overlaps the one before it")
        result.extend(old[position:edit.start])
        result.extend(edit.lines)
        position = edit.end
    result.extend(old[position:])
    return result


def main() -> None:
    old = "alpha\nbeta\ngamma\ndelta\n".splitlines()
    new = "alpha\ngamma\nepsilon\ndelta\nzeta\n".splitlines()
    edits = list(diff(old, new))
    for edit in edits:
        print(f"@@ {edit.start},{edit.end} @@")
        for line in old[edit.start:edit.end]:
            print("-" + line)
        for line in edit.lines:
            print("+" + line)
    assert apply(old, edits) == new


if __name__ == "__main__":
    main()
