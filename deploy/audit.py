"""Looks up the pinned packages among known vulnerabilities; part of `make lint`.

Exits 1 when one is affected. A package index that publishes no advisories (a mirror on a closed network) is
said in one line and is no failure: then the audit has to run where there is one.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"


def main() -> int:
    """Run pip-audit over the lock file and say what it found."""
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--no-deps", "--disable-pip",
         "--progress-spinner", "off", "--format", "json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        sys.stdout.write(f"依赖审计：未能进行（{done.stderr.strip().splitlines()[-1:]}）\n")
        return 0
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    affected = [one for one in packages if one.get("vulns")]
    for one in affected:
        for vulnerability in one["vulns"]:
            fixed = "、".join(vulnerability["fix_versions"]) or "尚无"
            sys.stdout.write(f"{one['name']} {one['version']}：{vulnerability['id']}，修复版本 {fixed}\n")
    audited = len(packages) - len(skipped)
    sys.stdout.write(
        f"依赖审计：查 {audited} 个，{len(affected)} 个有已知漏洞；{len(skipped)} 个无公告可查\n"
    )
    return 1 if affected else 0


if __name__ == "__main__":
    sys.exit(main())
