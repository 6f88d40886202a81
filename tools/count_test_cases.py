#!/usr/bin/env python3
"""Counts test cases from Bazel's build events: `count_test_cases.py EVENTS BAZEL_STATUS`.

Prints each failed and each skipped case, then `N passed, M failed`. Exit status 0 iff M is 0.
Reads only the test.xml files that this run's events name: older ones may lie beside them.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def read_events(path):
    """The test targets that were configured, and the test.xml files of each one that ran."""
    configured, results = set(), {}
    with open(path, encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            ident = event.get("id", {})
            if "targetConfigured" in ident and "testSize" in event.get("configured", {}):
                configured.add(ident["targetConfigured"]["label"])
            if "testResult" in ident:
                files = event.get("testResult", {}).get("testActionOutput", [])
                uris = [f["uri"] for f in files if f["name"] == "test.xml"]
                results.setdefault(ident["testResult"]["label"], []).extend(uris)
    return configured, results


def verdict(case):
    """'failed', 'skipped' or 'passed' of one <testcase>."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.get("result") in ("skipped", "suppressed") or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def cases_of(label, uris):
    for uri in uris:
        path = urllib.parse.unquote(urllib.parse.urlparse(uri).path)
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
            yield f"{label} {name}", verdict(case)


def main():
    configured, results = read_events(sys.argv[1])
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for label in sorted(configured | set(results)):
        uris = results.get(label)
        if not uris:
            counts["failed"] += 1
            print(f"failed: {label} (does not build, or did not run)")
            continue
        for name, said in cases_of(label, uris):
            counts[said] += 1
            if said != "passed":
                print(f"{said}: {name}")
    if sys.argv[2] == "1" and counts["failed"] == 0:
        counts["failed"] = 1
        print("failed: the build (the compiler's words are above)")
    if sum(counts.values()) == 0:
        counts["failed"] = 1
        print("failed: no test ran")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
