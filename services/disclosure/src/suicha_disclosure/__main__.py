"""`python -m suicha_disclosure` serves with settings from the environment."""

from suicha_chassis.app import serve

from suicha_disclosure.main import create_app
from suicha_disclosure.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    serve(create_app(settings), settings.host, settings.port)


if __name__ == "__main__":
    main()
