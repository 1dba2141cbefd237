"""`make demo`: starts a platform of its own, plays a season, prints a summary, leaves nothing behind."""

import sys
import tempfile
from pathlib import Path

from suicha_local.demo.client import DemoError, Gateway
from suicha_local.demo.console import Console
from suicha_local.demo.register import find_register
from suicha_local.demo.season import Season, play
from suicha_local.home import Home
from suicha_local.platform import Platform, StartFailedError


def run_demo(*, keep: bool) -> int:
    """Run the demonstration; return an exit code. With `keep` the platform stays up afterwards."""
    console = Console()
    home = Home.demo()
    platform = Platform(home, console.say, console.progress)
    platform.remove()
    failed = True
    try:
        with console.step("启动平台：PostgreSQL、NATS、Envoy、四个服务、抽取进程、公示网站、模拟信用平台"):
            platform.up(bound=not keep)
        gateway = Gateway(home.gateway)
        with tempfile.TemporaryDirectory(prefix="suicha-demo-") as folder:
            register = find_register(Path(folder))
            season = play(home, gateway, register, console)
        gateway.close()
        _summary(console, home, season, keep=keep)
        failed = False
    except (DemoError, StartFailedError, FileNotFoundError) as error:
        sys.stderr.write(f"\n演示失败：{error}\n日志：{home.folder / 'logs'}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\n已中断\n")
    finally:
        if not keep or failed:
            platform.down()
            if not failed:
                platform.remove()
    return 1 if failed else 0


def _summary(console: Console, home: Home, season: Season, *, keep: bool) -> None:
    print("\n────────── 本季小结 ──────────")
    rate = season.disclosed.statistics["disclosure_rate"]
    console.table(
        [
            (
                "登记在库",
                f"{season.registries.accepted} 户，拒绝 {season.registries.refused} 行（附原因清单）",
            ),
            ("人力资源服务机构", f"{season.registries.agencies} 户"),
            ("劳务派遣单位", f"{season.registries.dispatch} 户"),
            ("抽取", f"{season.drawn.round['draw_id']}，可由任何人核验"),
            *((name, f"{count} 户") for name, count in season.accounts),
            ("公示率", f"{(rate['bp'] or 0) / 100:.0f} %"),
            ("总用时", f"{console.seconds:.1f} 秒"),
        ]
    )
    print("各方账目一致。")
    if keep:
        print(f"\n网关与接口文档  {home.gateway}/docs")
        print(f"公示网站        {home.site}/")
        print(f"模拟信用平台    {home.sandbox}/")
        print("平台仍在运行（KEEP=1）；停止：make down")
    else:
        print("演示平台已停止，没有留下任何进程；KEEP=1 make demo 可保留平台并打开网站。")
