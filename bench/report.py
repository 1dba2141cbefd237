"""The table that `make bench` prints."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One measured figure, its goal and its rival's figure from the same run; `met` is None where nothing was shown."""

    what: str
    value: str
    goal: str = ""
    rival: str = ""
    met: bool | None = None


@dataclass
class Report:
    """All figures of a run."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, what: str, value: str, *, goal: str = "", rival: str = "", met: bool | None = None) -> None:
        """Add a figure and print it at once."""
        self.figures.append(Figure(what, value, goal, rival, met))
        print(f"   {what}：{value}" + (f"（对照：{rival}）" if rival else ""), flush=True)

    def missed(self) -> list[Figure]:
        """Return the figures that do not meet their goal."""
        return [one for one in self.figures if one.met is False]

    def print(self) -> None:
        """Print all figures as a Markdown table."""
        print("\n| 项目 | 实测 | 目标 | 达标 | 同一次运行中的对照 |\n|---|---|---|---|---|")
        for one in self.figures:
            verdict = "—" if one.met is None else "是" if one.met else "否"
            print(f"| {one.what} | {one.value} | {one.goal or '—'} | {verdict} | {one.rival or '—'} |")
