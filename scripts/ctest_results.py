#!/usr/bin/env python3
"""Turns ctest's JUnit file into lines for ./check: STATUS, TAB, NAME, TAB, REASON.

Usage: ctest_results.py PREFIX FILE.xml
The reason is the last line the test printed, or the line where a sanitizer sums up.
"""
import sys
import xml.etree.ElementTree as ElementTree

STATUS = {"run": "passed", "fail": "failed", "notrun": "skipped", "disabled": "skipped"}

prefix, path = sys.argv[1:]
for case in ElementTree.parse(path).getroot().iter("testcase"):
    status = STATUS[case.get("status")]
    # A test whose program was not built has not run either; that is no skip.
    if status == "skipped" and case.find("skipped").get("message") == "Unable to find executable":
        status = "failed"
    said = (case.findtext("system-out") or "").strip().splitlines()
    reason = said[-1] if said and status != "passed" else ""
    reason = next((line for line in said if line.startswith("SUMMARY: ")), reason)
    reason = reason.removeprefix("skipped: ").replace("\t", " ").strip()
    print(status, f"{prefix}: {case.get('name')}", reason, sep="\t")
