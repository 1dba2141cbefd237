"""`python -m suicha_draw api` and `python -m suicha_draw worker`: the two processes of draw."""

import argparse

from suicha_chassis.app import serve

from suicha_draw.settings import Settings


def main() -> None:
    """Run the process named on the command line until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m suicha_draw")
    parser.add_argument("process", choices=("api", "worker"))
    wanted = parser.parse_args().process
    settings = Settings()
    # Each process imports its own half alone: the other's would double the time it takes to start.
    if wanted == "api":
        from suicha_draw import main as api

        serve(api.create_app(settings), settings.host, settings.port)
    else:
        from suicha_draw import worker

        serve(worker.create_app(settings), settings.host, settings.worker_port)


if __name__ == "__main__":
    main()
