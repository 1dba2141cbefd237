"""`python -m suicha_local up | down | status | scale | demo | clean | dlq | replay`: what the Makefile calls."""

import argparse
import os
import sys
import time

from suicha_chassis import operators

from suicha_local.demo.console import Console
from suicha_local.environment import environment
from suicha_local.home import Home
from suicha_local.platform import Platform, StartFailedError


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="suicha", description="在本机运行随查平台")
    parser.add_argument("deed", choices=("up", "down", "status", "scale", "demo", "clean", "dlq", "replay"))
    parser.add_argument("--sequence", default=None, help="replay：只重放这一条")
    parser.add_argument(
        "--workers", type=int, choices=range(17), default=1, help="scale：抽取执行进程数，0 为暂停"
    )
    options = parser.parse_args(arguments)
    home = Home.default()
    platform = Platform(home, progress=Console().progress)
    kept = Platform(Home.demo())
    if options.deed == "demo":
        from suicha_local.demo.run import run_demo

        return run_demo(keep=os.environ.get("KEEP", "") not in {"", "0"})
    if options.deed == "up":
        began = time.monotonic()
        try:
            platform.up(bound=False)
        except (StartFailedError, RuntimeError) as error:
            sys.stderr.write(f"启动失败：{error}\n")
            platform.down()
            return 1
        _print_addresses(home)
        print(f"用时 {time.monotonic() - began:.1f} 秒；停止：make down")
    elif options.deed == "down":
        platform.down()
        kept.remove()
        print("平台已停止，数据保留在", home.folder)
    elif options.deed in {"dlq", "replay"}:
        os.environ.update(environment(home if platform.running() else kept.home, None))
        chosen = ["--sequence", options.sequence] if options.sequence else []
        return operators.main([options.deed, *chosen])
    elif options.deed == "scale":
        chosen_platform = platform if platform.running() else kept
        if not chosen_platform.running():
            return _print_status([])
        chosen_platform.scale(options.workers)
        return _print_status([chosen_platform])
    elif options.deed == "clean":
        platform.remove()
        kept.remove()
        print("平台已停止，数据已删除")
    else:
        return _print_status([one for one in (platform, kept) if one.running()])
    return 0


def _print_addresses(home: Home) -> None:
    print(f"网关与接口文档  {home.gateway}/docs")
    print(f"公示网站        {home.site}/")
    print(f"模拟信用平台    {home.sandbox}/")


def _print_status(running: list[Platform]) -> int:
    if not running:
        print("平台未运行；启动：make up")
        return 1
    for platform in running:
        print(f"{platform.home.folder}")
        for one in platform.status():
            print(f"{one['name']:<12} {one['statename']:<9} pid {one['pid']:<8} {one['description']}")
        _print_addresses(platform.home)
    return 0
